import CLinux
internal import Formats
internal import Wording

/// What Linux knows of particular devices when it makes groups: `Sources/CLinux/data/group-quirks.uci`, whose head says
/// what each option means.
struct GroupQuirks: Sendable {
    var isolations: [Entry<IsolationKind>]
    var aliases: [Entry<AliasKind>]
    var bridges: [Entry<BridgeKind>]

    /// The table in this binary, read when it is first needed; nil when it could not be read.
    static let builtIn = try? GroupQuirks(bytes)

    /// The bytes of the data in this binary.
    static var bytes: [UInt8] { clinux_group_quirks().contents }

    /// The kernels whose source was read: what came later, or went before, is not known.
    static let read = ["5.10", "6.1", "6.12", "7.3"].compactMap { KernelVersion($0) }

    enum IsolationKind: String, Sendable {
        case endpoint, port, integrated, southbridge, none
        case rootPort = "root-port"
        case anyPort = "any-port"
        case noPort = "no-port"
        case switchedOn = "switched-on"
        case wideRegisters = "wide-registers"
    }
    enum AliasKind: String, Sendable {
        case fixed, all, table
        case function0 = "function-0"
        case function1 = "function-1"
        case firstFive = "first-five"
    }
    enum BridgeKind: String, Sendable {
        case translatedBelow = "translated-below"
        case noAlias = "no-alias"
    }

    struct Entry<Kind: Sendable & RawRepresentable<String>>: Sendable {
        var kind: Kind
        var devices: Devices
        /// Of a fixed alias: device and function in one number.
        var requesters: [UInt8] = []
    }

    /// Which devices an entry is about, and where it was read.
    struct Devices: Sendable {
        var title: Text
        var vendor: UInt16
        var ranges: [ClosedRange<UInt16>]
        /// `vendor:device`; empty for any.
        var subsystems: [String]
        var classPrefix: String?
        var since: KernelVersion?
        var source: String

        func contains(_ function: PCIFunction) -> Bool {
            guard function.vendor.value == vendor, ranges.contains(where: { $0.contains(function.device.value) }) else {
                return false
            }
            if let classPrefix, !hex(function.class.code, width: 6).hasPrefix(classPrefix) { return false }
            guard !subsystems.isEmpty else { return true }
            guard let subVendor = function.subsystemVendor, let subDevice = function.subsystemDevice else {
                return false
            }
            return subsystems.contains("\(subVendor):\(subDevice)")
        }
    }

    /// A mistake in the data.
    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    init(_ bytes: [UInt8]) throws {
        let document = try UCIDocument(bytes)
        isolations = try document.sections(ofType: "isolation").map { try Entry($0) }
        aliases = try document.sections(ofType: "alias").map { try Entry($0) }
        bridges = try document.sections(ofType: "bridge").map { try Entry($0) }
    }
}

extension GroupQuirks.Entry {
    fileprivate init(_ section: UCIDocument.Section) throws {
        guard let kind = section["kind"].flatMap(Kind.init) else {
            throw section.mistake("kind cannot be \(section["kind"] ?? "nothing")")
        }
        self.kind = kind
        devices = try GroupQuirks.Devices(section)
        requesters = try (section["requester"] ?? "").split(separator: " ").map { text in
            guard let address = PCIAddress("00:" + text) else { throw section.mistake("requester \(text)") }
            return address.slotAndFunction
        }
    }
}

extension GroupQuirks.Devices {
    fileprivate init(_ section: UCIDocument.Section) throws {
        guard let en = section["en"], let zh = section["zh"], let source = section["source"] else {
            throw section.mistake("no en, zh or source")
        }
        title = Text(en: en, zh: zh)
        self.source = source
        guard let vendor = section["vendor"].flatMap({ UInt16($0, radix: 16) }) else {
            throw section.mistake("no vendor")
        }
        self.vendor = vendor
        ranges = try section.list("device").flatMap { $0.split(separator: " ") }.map { word in
            if word == "*" { return 0...UInt16.max }
            let ends = word.split(separator: "-").map { UInt16($0, radix: 16) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                throw section.mistake("device \(word)")
            }
            return first...last
        }
        guard !ranges.isEmpty else { throw section.mistake("no device") }
        subsystems = section.list("subsystem").flatMap { $0.split(separator: " ").map(String.init) }
        classPrefix = section["class"]
        since = try section["since"].map { text in
            guard let version = KernelVersion(text), GroupQuirks.read.contains(version) else {
                throw section.mistake("since \(text): not one of the kernels that were read")
            }
            return version
        }
    }
}

extension UCIDocument.Section {
    fileprivate func mistake(_ what: String) -> GroupQuirks.Mistake {
        GroupQuirks.Mistake(description: "\(self["en"] ?? type): \(what)")
    }
}

extension PCIAddress {
    /// Device and function in one number, as requester ids have them ("devfn").
    var slotAndFunction: UInt8 { device << 3 | function }
}
