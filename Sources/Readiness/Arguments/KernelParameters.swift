/// The parameters that the table of kernel arguments knows.
public enum KernelParameters {
    public static let names = Set((ArgumentTable.builtIn?.parameters ?? []).map(\.name))
}
