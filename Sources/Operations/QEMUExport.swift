import Guests
import Inventory
import Machine
import Wording

/// `passthru export qemu`: the arguments that hand devices to a QEMU started by hand.
public struct QEMUExport: Sendable, Encodable {
    public let schema = "passthru/qemu/1"
    public var arguments: [String]
    /// The board that the arguments are for.
    public var machine: MachineFamily
    /// The QEMU that was asked what it has; null when none could be.
    @Nullable public var qemu: String?
    public var advice: [RecipeAdvice]
    /// What to know about the USB devices, and about iommufd.
    public var warnings: [Text]
    /// One line for a shell.
    public var line: String

    private enum CodingKeys: String, CodingKey { case schema, arguments, machine, qemu, advice, warnings }

    /// What the person says of the guest, as far as they do.
    public struct Wishes: Sendable {
        public var guest = GuestShape()
        /// A file for the display among the devices, or for the only one.
        public var rom: String?
        public var usesIOMMUFD = false
        /// The QEMU to ask; nil for the installed one.
        public var program: String?

        public init() {}
    }

    public static func run(_ machine: Machine, devices: [String], _ wishes: Wishes) throws(Failure) -> QEMUExport {
        let (named, functions) = try NamedDevices.detailed(devices, on: machine)
        let hypervisor = try InstalledQEMU.read(machine, program: wishes.program)
        var rom: BroughtROM?
        if let file = wishes.rom {
            let verdict = ROMVerdict(
                try ROMCheck.contents(of: file),
                for: GuestRecipes.romOwner(among: functions)
            )
            rom = BroughtROM(path: file, contents: verdict)
        }
        var advice = GuestRecipes.advice(
            for: functions,
            on: named.host,
            guest: wishes.guest,
            hypervisor: hypervisor,
            rom: rom
        )
        let refusals = advice.flatMap(\.refusals)
        if let first = refusals.first {
            throw Failure(.refused, first, guardName: "recipe", details: Array(refusals.dropFirst()))
        }
        var warnings: [Text] = []
        if wishes.usesIOMMUFD {
            try advice.useIOMMUFD(hypervisor)
            warnings += try Self.kernelWarning(machine, functions)
        }
        let requirements = advice.requirements
        let family = wishes.guest.machine ?? requirements.lazy.compactMap(\.machine).first ?? .q35
        let usb: [(device: USBGuestDevice, warning: Text?)]
        do throws(GuestDeviceError) {
            usb = try named.usbGuestDevices(byPort: true)
        } catch {
            throw Failure(.failed, error.message)
        }
        let arguments = QEMUArguments(
            advice.flatMap(\.devices).map { .pci($0) } + usb.map { .usb($0.device) },
            machine: family,
            requirements: requirements
        )
        return QEMUExport(
            arguments: arguments.arguments,
            machine: family,
            qemu: hypervisor.qemu?.description,
            advice: advice,
            warnings: warnings + usb.compactMap(\.warning),
            line: arguments.line
        )
    }
}

extension QEMUExport {
    /// Arguments that cannot start are refused; what cannot be seen of the kernel is said.
    fileprivate static func kernelWarning(_ machine: Machine, _ functions: [PCIFunction]) throws(Failure) -> [Text] {
        switch IOMMUFD.read(machine, for: functions) {
        case .here: return []
        case .absent(let what):
            throw Failure(.missing, what + Text(en: "; leave out --iommufd.", zh: "；请去掉 --iommufd。"))
        case .unknown(let why):
            return [
                Text(
                    en: "Whether this kernel has iommufd for QEMU cannot be seen: \(why.en).",
                    zh: "无法得知当前内核是否为 QEMU 提供 iommufd：\(why.zh)。"
                )
            ]
        }
    }
}

extension GuestDocuments {
    /// The arguments for a guest of which nothing is said.
    public static func qemuArguments(_ machine: Machine, devices: [String]) throws(Failure) -> QEMUExport {
        try QEMUExport.run(machine, devices: devices, QEMUExport.Wishes())
    }
}

extension [RecipeAdvice] {
    fileprivate mutating func useIOMMUFD(_ hypervisor: Hypervisor) throws(Failure) {
        if let properties = hypervisor.properties["vfio-pci"], !properties.contains("iommufd") {
            throw Failure(
                .missing,
                Text(
                    en: "QEMU \(hypervisor.qemu?.description ?? "here") has no iommufd; leave out --iommufd.",
                    zh: "QEMU \(hypervisor.qemu?.description ?? "")没有 iommufd；请去掉 --iommufd。"
                )
            )
        }
        for index in indices {
            for device in self[index].devices.indices { self[index].devices[device].usesIOMMUFD = true }
        }
    }
}

extension GuestRequirement {
    fileprivate var machine: MachineFamily? {
        if case .machine(let family) = self { family } else { nil }
    }
}
