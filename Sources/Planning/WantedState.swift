import Formats
import Inventory
import Machine
import Wording

/// What the owner wants of this machine at every boot: a file in UCI's syntax, which any admin can read and edit.
///
///     config iommu 'iommu'
///         option enabled '1'
///         list argument 'intel_iommu=on'     what is wanted on the kernel's command line
///         list own 'intel_iommu=on'          of these, what passthru itself put into the boot loader's files
///     config nodes 'nodes'
///         option access 'group'              root, group or world
///         option group 'kvm'
///     config boot 'boot'
///         list own '/etc/init.d/passthru'    of what makes this happen at boot, what passthru itself put there
///     config assignment 'pci_0000_01_00_0'
///         option address '0000:01:00.0'
///         option id '8086:125c'
///         option subsystem '8086:0000'       where the function has one
///         option serial '…'                  its PCI Express Device Serial Number, where it has one
///         option home 'igc'                  its own driver, - for none
///         option guest 'NAME'                who gets it, where that was said
///         option when 'guest-start'          handed over when the guest starts; without it, at every boot
///         option manager 'libvirt'           who starts that guest and calls passthru: libvirt or proxmox
///         list consent 'GUARD=DEVICE'        what the owner consented to for that moment
///         list unsafe 'unsafe-interrupts'    modes that were asked for, for that moment
public struct WantedState: Sendable, Hashable {
    public var iommu: IOMMU?
    public var nodes: Nodes?
    /// Files and links by which passthru itself made the boot come here: they go with the last wish.
    public var ownFiles: [String] = []
    public var assignments: [Assignment] = []

    /// The IOMMU, and the kernel's arguments for it.
    public struct IOMMU: Sendable, Hashable {
        public var isEnabled: Bool
        /// What is wanted on the kernel's command line.
        public var arguments: [String]
        /// Of these, what passthru itself put into the boot loader's files: the rest was there before.
        public var own: [String]

        public init(isEnabled: Bool, arguments: [String] = [], own: [String] = []) {
            self.isEnabled = isEnabled
            self.arguments = arguments
            self.own = own
        }
    }

    /// Who may open vfio's device nodes.
    public struct Nodes: Sendable, Hashable {
        public var access: NodeAccess

        public init(access: NodeAccess) { self.access = access }
    }

    /// A device that belongs to a guest.
    public struct Assignment: Sendable, Hashable {
        /// The section's name, by which the owner can call the device.
        public var name: String
        public var identity: DeviceIdentity
        /// Its own driver, ``HomeRecord/none`` when it had none; nil where that is not known.
        public var home: String?
        /// Who gets it; nil when that was not said.
        public var guest: String?
        /// How it goes when its guest starts; nil when the host binds it at every boot.
        public var handOver: HandOver?

        public init(
            _ identity: DeviceIdentity,
            name: String? = nil,
            home: String?,
            guest: String?,
            handOver: HandOver? = nil
        ) {
            self.name = name ?? Self.name(of: identity.address)
            self.identity = identity
            self.home = home
            self.guest = guest
            self.handOver = handOver
        }

        /// `pci_0000_01_00_0`, as libvirt calls devices.
        public static func name(of address: PCIAddress) -> String {
            "pci_" + String(decoding: "\(address)".utf8.map { $0 == 0x3A || $0 == 0x2E ? 0x5F : $0 }, as: UTF8.self)
        }
    }

    public init() {}

    /// Where the file is on this machine.
    public static func path(on machine: Machine) -> String {
        Platform.isOpenWrt(machine) ? "/etc/config/passthru" : "/etc/passthru.conf"
    }

    public func assignment(of address: PCIAddress) -> Assignment? {
        assignments.first { $0.identity.address == address }
    }

    /// Whether anything is left for the boot to do.
    public var needsBoot: Bool { !atBoot.isEmpty || iommu != nil }
}

/// A line of the file that cannot be taken.
public struct WantedStateError: Error, Sendable, Hashable {
    /// From 1.
    public var line: Int
    /// What is wrong there.
    public var what: Text
}

extension WantedState {
    /// Reads the file. Sections and options that it knows nothing of are the owner's and mean nothing here.
    public init(_ bytes: [UInt8]) throws(WantedStateError) {
        let document: UCIDocument
        do {
            document = try UCIDocument(bytes)
        } catch {
            throw WantedStateError(line: error.line, what: error.what)
        }
        for section in document.sections {
            let reader = SectionReader(section: section, bytes: bytes)
            switch (section.type, section.name) {
            case ("iommu", "iommu"):
                iommu = IOMMU(
                    isEnabled: try reader.boolean("enabled") ?? true,
                    arguments: try reader.words("argument"),
                    own: try reader.words("own")
                )
            case ("nodes", "nodes"): nodes = Nodes(access: try reader.access())
            case ("boot", "boot"): ownFiles = section.list("own")
            case ("assignment", _): try add(reader)
            case (_, let name?) where ["iommu", "nodes", "boot"].contains(name) || name.hasPrefix("pci_"):
                throw reader.error(
                    nil,
                    Text(
                        en: "the section '\(name)' has the type '\(section.type)', and the name is passthru's",
                        zh: "section '\(name)' 的类型是 '\(section.type)'，而这个名称属于 passthru"
                    )
                )
            default: break
            }
        }
    }

    private mutating func add(_ reader: SectionReader) throws(WantedStateError) {
        guard let address = PCIAddress(try reader.required("address")) else {
            throw reader.wrong("address", Text(en: "a PCI address such as 0000:01:00.0", zh: "PCI 地址，如 0000:01:00.0"))
        }
        let ids = try reader.ids("id", required: true)
        let subsystem = try reader.ids("subsystem", required: false)
        if assignment(of: address) != nil {
            throw reader.error("address", Text(en: "\(address) is assigned twice", zh: "\(address) 被分配了两次"))
        }
        assignments.append(
            Assignment(
                DeviceIdentity(
                    address: address,
                    vendor: ids?.0 ?? HardwareID(0),
                    device: ids?.1 ?? HardwareID(0),
                    subsystemVendor: subsystem?.0,
                    subsystemDevice: subsystem?.1,
                    serial: reader.section["serial"].flatMap { $0.isEmpty ? nil : $0.lowercased() }
                ),
                name: reader.section.name,
                home: reader.section["home"].flatMap { $0.isEmpty ? nil : $0 },
                guest: reader.section["guest"],
                handOver: try reader.handOver()
            )
        )
    }
}

/// One section, with the lines on which its options stand.
struct SectionReader {
    let section: UCIDocument.Section
    let bytes: [UInt8]

    func error(_ option: String?, _ what: Text) -> WantedStateError {
        let start =
            section.options.first { $0.name == option }?.ranges.last?.lowerBound ?? section.ranges.first?.lowerBound
            ?? 0
        return WantedStateError(line: bytes[..<start].count { $0 == UInt8(ascii: "\n") } + 1, what: what)
    }

    func wrong(_ option: String, _ wanted: Text) -> WantedStateError {
        let value = printable((section[option] ?? section.list(option).joined(separator: " ")).utf8, limit: 100)
        return error(
            option,
            Text(
                en: "'\(value)' is no \(option): it must be \(wanted.en)",
                zh: "'\(value)' 不能作为 \(option)：应为\(wanted.zh)"
            )
        )
    }

    func required(_ option: String) throws(WantedStateError) -> String {
        if let value = section[option], !value.isEmpty { return value }
        throw error(
            section.options.contains { $0.name == option } ? option : nil,
            Text(en: "an assignment without the option '\(option)'", zh: "有一个 assignment 缺少选项 '\(option)'")
        )
    }

    func boolean(_ option: String) throws(WantedStateError) -> Bool? {
        guard section.options.contains(where: { $0.name == option }) else { return nil }
        if let value = section.boolean(option) { return value }
        throw wrong(option, Text(en: "0 or 1", zh: " 0 或 1"))
    }

    /// Items that are one word of a kernel's line each.
    func words(_ option: String) throws(WantedStateError) -> [String] {
        let items = section.list(option)
        guard let bad = items.first(where: { KernelCommandLine($0).words.map(\.text) != [$0] }) else { return items }
        let shown = printable(bad.utf8, limit: 100)
        throw error(
            option,
            Text(en: "'\(shown)' is not one word of a kernel command line", zh: "'\(shown)' 不是内核命令行中的一个词")
        )
    }

    /// `8086:125c`
    func ids(_ option: String, required: Bool) throws(WantedStateError) -> (HardwareID, HardwareID)? {
        guard let text = required ? try self.required(option) : section[option] else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 4 }), let left = UInt16(parts[0], radix: 16),
            let right = UInt16(parts[1], radix: 16)
        else {
            throw wrong(option, Text(en: "two numbers such as 8086:125c", zh: "两个数字，如 8086:125c"))
        }
        return (HardwareID(left), HardwareID(right))
    }

    func access() throws(WantedStateError) -> NodeAccess {
        switch section["access"] ?? "root" {
        case "root": return .root
        case "world": return .world
        case "group":
            guard let group = section["group"], NodeAccess.isGroupName(group) else {
                throw error(
                    "access",
                    Text(en: "access 'group' without the option 'group'", zh: "access 为 'group' 但缺少选项 'group'")
                )
            }
            return .group(group)
        default: throw wrong("access", Text(en: "root, group or world", zh: " root、group 或 world"))
        }
    }
}

extension UCIError {
    fileprivate var what: Text {
        switch reason {
        case .unknownStatement(let word):
            Text(en: "'\(word)' is none of config, option, list", zh: "'\(word)' 不是 config、option、list 之一")
        case .wrongNumberOfWords: Text(en: "a word is missing, or there is one too many", zh: "缺少一个词，或多了一个词")
        case .badName(let name): Text(en: "'\(name)' is no valid name", zh: "'\(name)' 不是有效的名称")
        case .optionOutsideSection: Text(en: "an option stands before the first section", zh: "第一个 section 之前就有 option")
        case .typeChanged(let name):
            Text(en: "the section '\(name)' is opened again with another type", zh: "section '\(name)' 以另一种类型再次出现")
        case .openQuote: Text(en: "a quote is not closed", zh: "引号没有闭合")
        }
    }
}
