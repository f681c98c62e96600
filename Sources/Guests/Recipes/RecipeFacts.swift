internal import Inventory
internal import Wording

/// What the data's conditions look at: one device, its host, the guest and what runs it.
struct RecipeFacts {
    /// The function that decides what the device is.
    var primary: PCIFunction
    var family: RecipeFamily
    /// The recipe that was chosen.
    var recipe: String?
    var machine: RecipeMachine
    var firmware: RecipeFirmware
    var video: RecipeVideo
    var qemu: SoftwareVersion?
    var rom: RecipeROM
    var romPath: String?
    var romContents: ROMVerdict?
    /// Functions of the same card that are not given away.
    var leftOut: [PCIFunction]
    /// The sound controller that plays what Intel's graphics send over HDMI.
    var platformAudio: PCIFunction?

    init(
        _ functions: [PCIFunction],
        primary: PCIFunction,
        family: RecipeFamily,
        host: Host,
        guest: GuestShape,
        hypervisor: Hypervisor,
        rom brought: BroughtROM?
    ) {
        self.primary = primary
        self.family = family
        machine = RecipeMachine(guest.machine)
        firmware = RecipeFirmware(guest.firmware)
        video = guest.hasEmulatedVideo.map { $0 ? .emulated : .none } ?? .unknown
        qemu = hypervisor.qemu
        romPath = brought?.path
        romContents = brought?.contents
        rom = brought != nil ? .brought : primary.details?.rom.map { $0 ? .device : .none } ?? .unknown
        leftOut = Self.leftOut(of: functions, host)
        platformAudio = primary.vendor.value == 0x8086 ? Self.platformAudio(functions, host) : nil
    }

    /// Nil when it could not be seen.
    var isVirtual: Bool? { primary.details.map { $0.physicalFunction != nil } }
    var isBootDisplay: Bool? { primary.details?.bootVGA }
    var virtualFunctions: Int {
        primary.details?.sriov.map { $0.enabled ?? $0.virtualFunctions.count } ?? 0
    }
    var hasResizableBARs: Bool { primary.details?.capabilities?.resizableBAR ?? false }

    /// Functions on the root bus share a slot by the platform's layout, not because they are one card.
    private static func leftOut(of functions: [PCIFunction], _ host: Host) -> [PCIFunction] {
        guard let first = functions.first, first.address.bus != 0, first.details?.physicalFunction == nil else {
            return []
        }
        return host.functions.filter { function in
            function.address.sharesSlot(with: first.address) && function.class.platformRole == nil
                && function.details?.physicalFunction == nil
                && !functions.contains { $0.address == function.address }
        }
    }

    private static func platformAudio(_ functions: [PCIFunction], _ host: Host) -> PCIFunction? {
        host.functions.first { function in
            function.address.domain == 0 && function.address.bus == 0 && function.class.isAudio
                && function.vendor.value == 0x8086 && !functions.contains { $0.address == function.address }
        }
    }

    /// The guest as it will be once it meets these.
    mutating func meet(_ requirements: [GuestRequirement]) {
        for requirement in requirements {
            switch requirement {
            case .machine(let family): machine = RecipeMachine(family)
            case .firmware(let kind): firmware = RecipeFirmware(kind)
            case .noEmulatedVideo: video = .none
            }
        }
    }

    /// A text of the data with what it leaves open.
    func filled(_ text: Text) -> Text {
        let names = Text.list(leftOut.map { "\($0.address) \($0.displayName)" })
        let values: [(String, Text)] = [
            ("{device}", Text(verbatim: primary.address.description)), ("{id}", Text(verbatim: primary.id)),
            ("{family}", family.title), ("{qemu}", Text(verbatim: qemu.map { "\($0)" } ?? "")),
            ("{rom}", Text(verbatim: romPath ?? "")), ("{left_out}", names),
            ("{audio}", Text(verbatim: platformAudio?.address.description ?? "")),
            ("{vfs}", Text(verbatim: "\(virtualFunctions)")),
        ]
        return values.reduce(text) { text, value in
            Text(en: text.en.replacing(value.0, with: value.1.en), zh: text.zh.replacing(value.0, with: value.1.zh))
        }
    }
}

extension RecipeMachine {
    init(_ family: MachineFamily?) {
        switch family {
        case .q35?: self = .q35
        case .i440fx?: self = .i440fx
        case nil: self = .unknown
        }
    }
}

extension RecipeFirmware {
    init(_ firmware: GuestFirmware?) {
        switch firmware {
        case .bios?: self = .bios
        case .uefi?: self = .uefi
        case nil: self = .unknown
        }
    }
}
