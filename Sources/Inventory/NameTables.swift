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
        // A machine has few makers and few classes, but each device and subsystem may be another.
        var vendors: [UInt16: String?] = [:]
        var classes: [UInt16: String?] = [:]
        func vendorName(_ id: UInt16) -> String? {
            if let known = vendors[id] { return known }
            let name = table.vendor(id)
            vendors[id] = .some(name)
            return name
        }
        func className(_ class: PCIClass) -> String? {
            if let known = classes[`class`.short] { return known }
            let name = table.pciClass(`class`.base, `class`.subclass)
            classes[`class`.short] = .some(name)
            return name
        }
        for index in (functions ?? []).indices {
            functions?[index].name(with: table, vendor: vendorName, class: className)
        }
    }
}

extension PCIFunction {
    fileprivate mutating func name(
        with table: HardwareNames,
        vendor vendorName: (UInt16) -> String?,
        class className: (PCIClass) -> String?
    ) {
        var subsystem: String?
        if let maker = subsystemVendor, let model = subsystemDevice {
            subsystem = table.subsystem(vendor.value, device.value, maker.value, model.value)
        }
        names = PCINames(
            vendor: vendorName(vendor.value),
            device: table.device(vendor.value, device.value),
            subsystem: subsystem,
            class: className(`class`)
        )
    }
}

extension PCIFunction {
    /// What to call it: vendor and device, or the class where the tables do not know it.
    public var displayName: String {
        switch (names?.vendor, names?.device) {
        case (let vendor?, let device?): "\(vendor) \(device)"
        case (let vendor?, nil): "\(vendor) \(names?.class.map { $0 + " " } ?? "")[\(id)]"
        default: names?.class.map { "\($0) [\(id)]" } ?? id
        }
    }
}
