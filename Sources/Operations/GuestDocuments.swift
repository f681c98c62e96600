import Guests
import Inventory
import Machine
import Planning
import Wording

/// `passthru guest xml`: what a libvirt domain must say to have devices, for documents that somebody writes by hand.
public struct GuestDocuments: Sendable, Encodable {
    public let schema = "passthru/guest-xml/1"
    /// The elements for `<devices>`.
    public var xml: String
    /// What belongs beside `<devices>`, for QEMU itself; null when nothing does.
    @Nullable public var specials: String?
    /// Why it is so, and what else the guest must be like.
    public var reasons: [Text]
    public var warnings: [Text]

    /// How the devices are wanted.
    public struct Wishes: Sendable {
        public var isManaged = false
        public var rom: String?
        public var usesRecipe = true
        /// Nil asks the programs that are installed.
        public var libvirt: SoftwareVersion?
        public var qemu: SoftwareVersion?

        public init() {}
    }

    public static func run(_ machine: Machine, devices names: [String], _ wishes: Wishes) throws(Failure) -> Self {
        let (named, functions) = try NamedDevices.detailed(names, on: machine)
        let host = named.host
        let special = functions.contains { $0.class.isDisplay } || wishes.rom != nil
        var hypervisor = HypervisorProbe(machine: machine, virsh: machine.program("virsh"), emulator: nil)
            .hypervisor(withDevices: special && wishes.qemu == nil)
        if let libvirt = wishes.libvirt { hypervisor.libvirt = libvirt }
        if let qemu = wishes.qemu { hypervisor.qemu = qemu }
        var found = GuestDocuments(xml: "", specials: nil, reasons: [], warnings: [])
        var rom: BroughtROM?
        if let path = wishes.rom {
            let owner = GuestRecipes.romOwner(among: functions)
            rom = BroughtROM(
                path: path,
                contents: (try? ROMCheck.contents(of: path)).map { ROMVerdict($0, for: owner) }
            )
        }
        var devices: [GuestDevice] = []
        if wishes.usesRecipe {
            let advice = GuestRecipes.advice(for: functions, on: host, hypervisor: hypervisor, rom: rom)
            if let refusal = advice.lazy.flatMap(\.refusals).first {
                throw Failure(.refused, refusal, guardName: "recipe")
            }
            found.reasons = advice.flatMap(\.reasons)
            found.warnings = advice.flatMap(\.warnings) + advice.requirements.compactMap(\.sentence)
            devices = advice.flatMap(\.devices).map { .pci($0) }
        } else {
            devices = functions.map { .pci(PCIGuestDevice($0.address)) }
        }
        devices = devices.map { device in
            guard case .pci(var function) = device else { return device }
            function.isManaged = wishes.isManaged
            if !wishes.usesRecipe, let path = wishes.rom { function.rom = .file(path) }
            return .pci(function)
        }
        do throws(GuestDeviceError) {
            for (device, warning) in try named.usbGuestDevices(byPort: false) {
                devices.append(.usb(device))
                found.warnings += [warning].compactMap(\.self)
            }
        } catch {
            throw Failure(.failed, error.message)
        }
        do throws(DomainError) {
            var domain = try DomainDocument(Array(Self.skeleton.utf8))
            _ = try domain.attach(devices, for: hypervisor)
            for device in devices {
                // On the root bus a place means the same in every guest; others depend on its ports.
                if case .pci(let function) = device, function.guestAddress?.bus == 0,
                    let element = domain.element(device.key)
                {
                    found.xml += "    " + String(decoding: element, as: UTF8.self) + "\n"
                } else {
                    found.xml += try HostDeviceElements([device]).xml
                }
            }
            if Set(functions.map(\.address.slot)).count < functions.count {
                found.warnings.append(
                    Text(
                        en: """
                            Functions of one card become separate devices this way: `passthru guest attach` keeps them on one \
                            slot.
                            """,
                        zh: "这样写会使同一块卡的各功能成为独立的设备：`passthru guest attach` 会把它们放在同一插槽。"
                    )
                )
            }
            let specials = domain.specials.map { String(decoding: $0, as: UTF8.self) }
            found.specials = specials.isEmpty ? nil : specials.joined(separator: "\n") + "\n"
        } catch {
            throw Failure(.malformed, error.text)
        }
        return found
    }

    private static let skeleton = """
        <domain type='kvm'>
          <name>guest</name>
          <os>
            <type arch='x86_64' machine='q35'>hvm</type>
          </os>
          <devices/>
        </domain>

        """
}

extension PCIAddress {
    fileprivate var slot: PCIAddress { PCIAddress(domain: domain, bus: bus, device: device, function: 0) }
}

extension GuestRequirement {
    /// What the owner must see to in a document of their own.
    fileprivate var sentence: Text? {
        switch self {
        case .machine(let family):
            Text(
                en:
                    "The guest's machine must be \(family.rawValue): <type machine='\(family == .q35 ? "q35" : "pc")'>.",
                zh: "虚拟机的机型必须是 \(family.rawValue)：<type machine='\(family == .q35 ? "q35" : "pc")'>。"
            )
        case .noEmulatedVideo:
            Text(
                en: "The guest must have no emulated display: <video><model type='none'/></video>.",
                zh: "虚拟机不能有模拟显卡：<video><model type='none'/></video>。"
            )
        case .firmware(let firmware):
            Text(
                en: "The guest must start with \(firmware == .uefi ? "UEFI (OVMF)" : "BIOS (SeaBIOS)").",
                zh: "虚拟机必须以 \(firmware == .uefi ? "UEFI（OVMF）" : "BIOS（SeaBIOS）") 启动。"
            )
        }
    }
}
