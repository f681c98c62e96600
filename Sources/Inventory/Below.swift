/// Something that may hang below a PCI function.
public protocol BelowFunction {
    /// The addresses (`0000:02:00.0`) of the PCI functions in the device's sysfs path, outermost first; the last one is
    /// the function that it belongs to. Empty when it hangs below none.
    var functions: [String] { get }
}

extension BelowFunction {
    /// Whether the device is lost when `function`, or a bridge above it, leaves the host.
    public func isBelow(_ function: String) -> Bool { functions.contains(function) }
}

extension Sequence where Element: BelowFunction {
    /// Those that are lost when `function` leaves the host.
    public func below(_ function: String) -> [Element] { filter { $0.isBelow(function) } }
}
