import CLinux
public import Formats
public import Machine

/// The tables of PCI and USB names: embedded ones, unless the machine has newer.
public enum NameTables {
    public static func pci(on machine: Machine) -> HardwareNames? {
        newest(clinux_pci_names(), on: machine, file: "pci.ids")
    }

    public static func usb(on machine: Machine) -> HardwareNames? {
        newest(clinux_usb_names(), on: machine, file: "usb.ids")
    }

    /// Folders in which distributions keep the lists.
    private static let folders = ["/usr/share/misc", "/usr/share/hwdata", "/usr/share", "/var/lib/usbutils"]

    private static func newest(_ table: clinux_table, on machine: Machine, file: String) -> HardwareNames? {
        let embedded = HardwareNames(UnsafeRawBufferPointer(start: table.bytes, count: table.length))
        for folder in folders {
            // The version stands in the list's first lines: a list that is not newer costs one short read.
            let path = "\(folder)/\(file)"
            guard let head = try? machine.read(path, limit: 1024),
                let version = HardwareNames(HardwareNamesParser.parse(head))
            else { continue }
            if let embedded, !version.isNewer(than: embedded) { return embedded }
            guard let text = try? machine.read(path) else { continue }
            return HardwareNames(HardwareNamesParser.parse(text)) ?? embedded
        }
        return embedded
    }
}

extension USBInventory {
    /// Gives every device its names.
    public mutating func name(with table: HardwareNames?) {
        guard let table else {
            unknown["names"] = "no table of names was built into this binary"
            return
        }
        devices = devices.map { device in
            var device = device
            device.vendorName = device.vendorID.flatMap { table.usbVendor($0.value) }
            if let vendor = device.vendorID, let product = device.productID {
                device.productName = table.usbProduct(vendor.value, product.value)
            }
            return device
        }
    }
}

extension PCIInventory {
    /// Gives every function its names.
    public mutating func name(with table: HardwareNames?) {
        guard let table else {
            unknown["names"] = "no table of names was built into this binary"
            return
        }
        var known: [UInt32: PCINames] = [:]
        for index in (functions ?? []).indices {
            guard let function = functions?[index] else { continue }
            let key = UInt32(function.vendor.value) << 16 | UInt32(function.device.value)
            if let names = known[key], function.subsystemVendor == nil {
                functions?[index].names = names
                continue
            }
            let names = PCINames(
                vendor: table.vendor(function.vendor.value),
                device: table.device(function.vendor.value, function.device.value),
                subsystem: function.subsystemVendor.flatMap { vendor in
                    function.subsystemDevice.flatMap { device in
                        table.subsystem(function.vendor.value, function.device.value, vendor.value, device.value)
                    }
                },
                class: table.pciClass(function.class.base, function.class.subclass)
            )
            known[key] = names
            functions?[index].names = names
        }
    }
}

extension PCIFunction {
    /// What to call it: vendor and device, or the class where the tables do not know it.
    public var displayName: String {
        switch (names?.vendor, names?.device) {
        case (let vendor?, let device?): "\(vendor) \(device)"
        case (let vendor?, nil): "\(vendor) \(names?.class ?? "")[\(id)]"
        default: names?.class.map { "\($0) [\(id)]" } ?? id
        }
    }
}
