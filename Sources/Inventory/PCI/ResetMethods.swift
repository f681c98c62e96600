extension PCIFunction {
    /// Whether the kernel knows a way to reset the function that leaves all others alone (`reset_method`,
    /// Documentation/ABI/testing/sysfs-bus-pci).
    public var hasResetOfItsOwn: Bool {
        details?.resetMethods?.contains { ["flr", "af_flr", "pm", "device_specific", "acpi"].contains($0) } ?? false
    }
}

extension Host {
    /// The other functions that a reset of the bus reaches at which a function sits. None on a root bus: no bridge above it
    /// could reset it.
    public func busMates(of function: PCIFunction) -> [PCIFunction] {
        guard function.details?.parents?.isEmpty != true else { return [] }
        return functions.filter { $0.address != function.address && $0.address.sharesBus(with: function.address) }
    }

    /// The ways in which the kernel can reset a function by itself; nil where `reset_method` could not be read.
    ///
    /// That file names `bus` (and `cxl_bus`) where the function was alone at its bus when the kernel probed it, before it
    /// entered the bus's list: so it was for the first function of every bus. pci_parent_bus_reset() in drivers/pci/pci.c
    /// looks again when a reset is asked for, and answers `ENOTTY` while anything else is there, in another slot, too. Such
    /// a `bus` is left out.
    public func resetMethods(of function: PCIFunction) -> [String]? {
        guard let methods = function.details?.resetMethods, methods.contains(where: isBus) else {
            return function.details?.resetMethods
        }
        return busMates(of: function).isEmpty ? methods : methods.filter { !isBus($0) }
    }

    private func isBus(_ method: String) -> Bool { method == "bus" || method == "cxl_bus" }
}
