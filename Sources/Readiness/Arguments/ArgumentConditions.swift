import Formats
import Inventory
import Wording

/// Where an advice holds. What is not given does not matter; of a host that was not read, the answer is unknown.
struct ArgumentConditions: Sendable {
    /// Yes, no, or why it cannot be told.
    enum Answer: Equatable {
        case yes, no
        case unknown(String)
    }

    var firmware: Firmware.Mode?
    var iommu: Firmware.IOMMUKind?
    var kernelFrom: KernelVersion?
    var kernelBelow: KernelVersion?
    var loader: Platform.Capability?
    /// A module that must not be part of the kernel; "own" for the one before the dot.
    var module: String?
    var platforms: [Platform.Kind]
    /// Parts of a release, one of which must be there, or none of which may be.
    var patched: [String]
    var unpatched: [String]
    var has: [Platform.Capability]
    var lacks: [Platform.Capability]
    /// Names in /proc/iomem.
    var frameBuffers: [String]
    /// The word is not among those that this host's displays need.
    var isUnwanted: Bool
    var with: [ArgumentPattern]
    var without: [ArgumentPattern]
    var before: [ArgumentPattern]
    var after: [ArgumentPattern]
    var unfollowed: [ArgumentPattern]

    init(_ section: UCIDocument.Section) throws {
        func one<Value: RawRepresentable>(_ option: String, _: Value.Type) throws -> Value?
        where Value.RawValue == String {
            try section[option].map { text in
                guard let value = Value(rawValue: text) else { throw Self.mistake(section, option, text) }
                return value
            }
        }
        func many<Value: RawRepresentable>(_ option: String, _: Value.Type) throws -> [Value]
        where Value.RawValue == String {
            try section.list(option).map { text in
                guard let value = Value(rawValue: text) else { throw Self.mistake(section, option, text) }
                return value
            }
        }
        func version(_ option: String) throws -> KernelVersion? {
            try section[option].map { text in
                guard let value = KernelVersion(text) else { throw Self.mistake(section, option, text) }
                return value
            }
        }
        firmware = try one("firmware", Firmware.Mode.self)
        iommu = try one("iommu", Firmware.IOMMUKind.self)
        kernelFrom = try version("kernel_from")
        kernelBelow = try version("kernel_below")
        loader = try one("loader", Platform.Capability.self)
        module = section["module"]
        platforms = try many("platform", Platform.Kind.self)
        patched = section.list("patched")
        unpatched = section.list("unpatched")
        has = try many("has", Platform.Capability.self)
        lacks = try many("lacks", Platform.Capability.self)
        frameBuffers = section.list("framebuffer")
        isUnwanted = section.boolean("unwanted") == true
        with = section.list("with").map { ArgumentPattern($0) }
        without = section.list("without").map { ArgumentPattern($0) }
        before = section.list("before").map { ArgumentPattern($0) }
        after = section.list("after").map { ArgumentPattern($0) }
        unfollowed = section.list("unfollowed").map { ArgumentPattern($0) }
    }

    private static func mistake(_ section: UCIDocument.Section, _ option: String, _ text: String) -> any Error {
        ArgumentTable.Mistake(description: "\(section.name ?? section.type): \(option) cannot be \(text)")
    }

    // MARK: On the line

    /// Whether the other words of the line are as they must be.
    ///
    /// - Parameter next: where the same advice matches next, if it does.
    func hold(at place: ArgumentWords.Place, next: Int?, on words: ArgumentWords) -> Bool {
        if !with.isEmpty, words.places(of: with).isEmpty { return false }
        if !without.isEmpty, !words.places(of: without).isEmpty { return false }
        if !before.isEmpty, !words.places(of: before).contains(where: { $0.position > place.position }) { return false }
        if !after.isEmpty, !words.places(of: after).contains(where: { $0.position < place.position }) { return false }
        if !unfollowed.isEmpty {
            let end = next ?? .max
            let follows = words.places(of: unfollowed).contains { $0.position > place.position && $0.position < end }
            if follows { return false }
        }
        return true
    }

    // MARK: On the host

    /// Whether the host is one for which the advice holds.
    func hold(for word: String, on host: Host) -> Answer {
        var why: String?
        for answer in answers(for: word, on: host) {
            switch answer {
            case .yes: continue
            case .no: return .no
            case .unknown(let reason): why = why ?? reason
            }
        }
        return why.map(Answer.unknown) ?? .yes
    }

    private func answers(for word: String, on host: Host) -> [Answer] {
        [
            onFirmware(host), onKernel(host), onPlatform(host), onPatches(host),
            ofModule(word, host), onFrameBuffers(host), onWish(word, host),
        ]
    }

    private func onFirmware(_ host: Host) -> Answer {
        if let firmware {
            guard let mode = host.firmware?.mode else { return unread(host.firmware?.unknown["mode"]) }
            if mode != firmware { return .no }
        }
        if let iommu {
            guard let kind = host.firmware?.iommuKind else {
                return host.firmware?.tables == nil ? unread(host.firmware?.unknown["tables"]) : .no
            }
            if kind != iommu { return .no }
        }
        return .yes
    }

    private func onKernel(_ host: Host) -> Answer {
        guard kernelFrom != nil || kernelBelow != nil else { return .yes }
        guard let version = host.kernel?.version else { return unread(host.kernel?.unknown["release"]) }
        if let kernelFrom, version < kernelFrom { return .no }
        if let kernelBelow, version >= kernelBelow { return .no }
        return .yes
    }

    private func onPlatform(_ host: Host) -> Answer {
        guard loader != nil || !platforms.isEmpty || !has.isEmpty || !lacks.isEmpty else { return .yes }
        guard let platform = host.platform else { return unread(nil) }
        if !platforms.isEmpty {
            if platform.kind == .unknown { return unread(platform.unknown["name"]) }
            if !platforms.contains(platform.kind) { return .no }
        }
        let there = Set(platform.capabilities)
        if let loader {
            // OpenWrt's own loader is the one that runs at boot, even where kmod is installed beside it.
            guard there.contains(.kmodloader) || there.contains(.kmod) else {
                return .unknown("neither /sbin/kmodloader nor kmod was found")
            }
            if loader != (there.contains(.kmodloader) ? .kmodloader : .kmod) { return .no }
        }
        return has.allSatisfy(there.contains) && !lacks.contains(where: there.contains) ? .yes : .no
    }

    private func onPatches(_ host: Host) -> Answer {
        guard !patched.isEmpty || !unpatched.isEmpty else { return .yes }
        guard let release = host.kernel?.release?.lowercased() else { return unread(host.kernel?.unknown["release"]) }
        if !patched.isEmpty, !patched.contains(where: release.contains) { return .no }
        return unpatched.contains(where: release.contains) ? .no : .yes
    }

    private func ofModule(_ word: String, _ host: Host) -> Answer {
        guard let module else { return .yes }
        guard let kernel = host.kernel else { return unread(nil) }
        let name = module == "own" ? String(word.prefix { $0 != "." }) : module
        switch kernel.module(name).state {
        case .builtIn: return .no
        case .loadable, .absent: return .yes
        case .loaded: return kernel.loaded == nil ? unread(kernel.unknown["loaded"]) : .yes
        case nil: return .unknown(kernel.unknown["modules"] ?? "\(name): neither loaded nor looked for")
        }
    }

    private func onFrameBuffers(_ host: Host) -> Answer {
        guard !frameBuffers.isEmpty else { return .yes }
        guard let display = host.display else { return unread(nil) }
        if display.bootFrameBuffers.contains(where: { frameBuffers.contains($0.name) }) { return .yes }
        return display.unknown["bootFrameBuffers"].map(Answer.unknown) ?? .no
    }

    private func onWish(_ word: String, _ host: Host) -> Answer {
        guard isUnwanted else { return .yes }
        guard let functions = host.pci?.functions else { return unread(host.pci?.unknown["functions"]) }
        for function in functions where function.class.isDisplay {
            switch WantedArguments.frameBufferRelease(for: host, function.address) {
            case .wanted(let words): if words.contains(where: { $0.word == word }) { return .no }
            case .nothing: continue
            case .unknown(let why): return .unknown(why.en)
            }
        }
        return .yes
    }

    private func unread(_ why: String?) -> Answer { .unknown(why ?? "not read") }
}
