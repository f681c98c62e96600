internal import Inventory

/// Puts ``QEMUArguments`` together: which device stands where, and what each is told.
struct QEMUArgumentWriter {
    let machine: MachineFamily
    var arguments: [String] = []
    /// How many slots were given away; it names root ports and devices.
    private var slots = 0
    private var hasIOMMUFD = false
    private var hasUSBController = false

    init(machine: MachineFamily) { self.machine = machine }

    /// Slots of an i440fx machine that QEMU's own devices, which take the first free one, hardly reach.
    private static let firstFreeSlot = 0x10

    mutating func add(_ devices: [GuestDevice]) {
        for slot in Self.slots(of: devices.compactMap(\.pci)) { add(slot: slot) }
        for device in devices {
            switch device {
            case .pci, .network: break
            case .usb(let device): add(device)
            case .mediated(let device): add(device)
            }
        }
    }

    /// Functions that share a slot of the host share one of the guest, unless one of them asks for a slot of its own.
    private static func slots(of devices: [PCIGuestDevice]) -> [[PCIGuestDevice]] {
        var slots: [[PCIGuestDevice]] = []
        for device in devices.sorted(by: { $0.address < $1.address }) {
            let place = slots.firstIndex { slot in
                guard let first = slot.first, first.address.sharesSlot(with: device.address) else { return false }
                guard let wanted = device.guestAddress else { return true }
                return first.guestAddress.map { $0.bus == wanted.bus && $0.slot == wanted.slot } ?? false
            }
            if let place { slots[place].append(device) } else { slots.append([device]) }
        }
        return slots
    }

    private mutating func add(slot: [PCIGuestDevice]) {
        let index = slots
        slots += 1
        var options: (bus: String, slot: String)
        if let fixed = slot.first?.guestAddress {
            options = (machine.firstBus, "0x" + String(fixed.slot, radix: 16))
        } else {
            options = place(index)
        }
        for (number, device) in slot.enumerated() {
            // The guest's first function must be 0, or its firmware finds none of them.
            let function = device.guestAddress?.function ?? number
            var words = [device.model ?? "vfio-pci", "host=\(device.address)", "id=hostdev\(index)-\(number)"]
            words.append("bus=" + options.bus)
            words.append("addr=" + options.slot + (slot.count > 1 || function > 0 ? ".0x\(function)" : ""))
            if slot.count > 1 && function == 0 { words.append("multifunction=on") }
            if let order = device.bootOrder { words.append("bootindex=\(order)") }
            switch device.rom {
            case .file(let path)?: words.append("romfile=" + QEMUValue.escaped(path))
            case .hidden?: words.append("rombar=0")
            case nil: break
            }
            if device.usesIOMMUFD == true { words.append("iommufd=" + iommufd()) }
            words += device.properties.map(\.word)
            arguments += ["-device", words.joined(separator: ",")]
        }
    }

    /// A slot that nothing else is in; on q35 it is behind a port of its own.
    private mutating func place(_ index: Int) -> (bus: String, slot: String) {
        switch machine {
        case .q35:
            // Chassis numbers must differ from each other's and from those a management tool hands out from 1 up.
            arguments += ["-device", "pcie-root-port,id=passthru\(index),chassis=\(200 + index)"]
            return ("passthru\(index)", "0x0")
        case .i440fx: return (machine.firstBus, "0x" + String(Self.firstFreeSlot + index, radix: 16))
        }
    }

    private mutating func iommufd() -> String {
        let id = "passthru-iommufd"
        if !hasIOMMUFD { arguments += ["-object", "iommufd,id=\(id)"] }
        hasIOMMUFD = true
        return id
    }

    private mutating func add(_ device: USBGuestDevice) {
        if !hasUSBController { arguments += ["-device", "qemu-xhci,id=passthru-usb"] }
        hasUSBController = true
        var words = ["usb-host", "id=" + device.key, "bus=passthru-usb.0"]
        switch device.place {
        case .product(let vendor, let product): words += ["vendorid=0x\(vendor)", "productid=0x\(product)"]
        case .number(let bus, let number): words += ["hostbus=\(bus)", "hostaddr=\(number)"]
        case .port(let bus, let port): words += ["hostbus=\(bus)", "hostport=" + QEMUValue.escaped(port)]
        case .exact(let vendor, let product, let bus, let number):
            words += ["vendorid=0x\(vendor)", "productid=0x\(product)", "hostbus=\(bus)", "hostaddr=\(number)"]
        }
        if let order = device.bootOrder { words.append("bootindex=\(order)") }
        arguments += ["-device", words.joined(separator: ",")]
    }

    private mutating func add(_ device: MediatedGuestDevice) {
        // Only the model without hotplug has ramfb, the picture before the guest's driver draws one.
        let model = device.model == .pci && device.isDisplay ? "vfio-pci-nohotplug" : device.model.rawValue
        let path = "/sys/bus/mdev/devices/" + QEMUValue.escaped(device.uuid)
        var words = [model, "sysfsdev=" + path, "id=mdev-" + device.uuid]
        if device.model == .pci {
            let place: (bus: String, slot: String)
            if let fixed = device.guestAddress {
                place = (machine.firstBus, "0x" + String(fixed.slot, radix: 16))
            } else {
                place = self.place(slots)
                slots += 1
            }
            words += ["bus=" + place.bus, "addr=" + place.slot]
            if device.isDisplay { words += ["display=on", "ramfb=on"] }
        }
        arguments += ["-device", words.joined(separator: ",")]
    }
}

extension GuestDevice {
    /// A virtual function of a network card is a PCI function to QEMU: its MAC address and VLAN are the host's work.
    fileprivate var pci: PCIGuestDevice? {
        switch self {
        case .pci(let device): return device
        case .network(let network):
            var device = PCIGuestDevice(network.address)
            device.bootOrder = network.bootOrder
            device.guestAddress = network.guestAddress
            return device
        case .usb, .mediated: return nil
        }
    }
}

extension MachineFamily {
    /// QEMU's name of the bus that every machine of the family has.
    fileprivate var firstBus: String {
        switch self {
        case .q35: "pcie.0"
        case .i440fx: "pci.0"
        }
    }
}

extension DeviceProperty {
    /// As an option of `-device`.
    var word: String {
        switch value {
        case .bool(let value): "\(name)=\(value ? "on" : "off")"
        case .unsigned(let value): "\(name)=\(value)"
        case .string(let value): "\(name)=\(QEMUValue.escaped(value))"
        }
    }
}

/// A value among the options of one argument.
enum QEMUValue {
    /// A comma ends an option, and two of them are one (qemu(1), "-drive").
    static func escaped(_ value: String) -> String { value.replacing(",", with: ",,") }
}
