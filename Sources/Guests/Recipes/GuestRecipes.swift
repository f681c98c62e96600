public import Inventory
import Wording

/// What is known of handing over particular devices: `Sources/CLinux/data/guest-recipes.uci`, whose head says what each
/// option means.
public enum GuestRecipes {
    /// How the configuration of a guest should hand over functions, and why.
    ///
    /// - Parameters:
    ///   - functions: what the guest gets; the more of their details were read, the more is known.
    ///   - host: the machine that has them, with all its PCI functions.
    ///   - guest: what the guest is; what it does not say the recipe is free to choose.
    ///   - hypervisor: what runs it. A property that this QEMU is known to lack is not used.
    ///   - rom: an expansion ROM for the display among the functions, or for the only device.
    /// - Returns: an advice for each device, functions of one slot together, in the order of their addresses.
    public static func advice(
        for functions: [PCIFunction],
        on host: Host,
        guest: GuestShape = GuestShape(),
        hypervisor: Hypervisor = Hypervisor(),
        rom: BroughtROM? = nil
    ) -> [RecipeAdvice] {
        []
    }
}
