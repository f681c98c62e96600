internal import Wording

/// Whether a function keeps apart what it could connect (drivers/pci/pci.c, pci_acs_enabled, with the quirks of
/// drivers/pci/quirks.c, pci_dev_acs_enabled).
struct GroupIsolation {
    private let topology: GroupTopology
    private let facts: GroupFacts
    private let moment: GroupTopology.Moment

    init(_ topology: GroupTopology, _ facts: GroupFacts, _ moment: GroupTopology.Moment) {
        self.topology = topology
        self.facts = facts
        self.moment = moment
    }

    func fact(of place: Int) -> GroupFact {
        let node = topology.nodes[place]
        return quirk(of: node) ?? standard(node)
    }

    // MARK: Quirks

    /// What the first quirk that fits says; nil when none does.
    private func quirk(of node: GroupTopology.Node) -> GroupFact? {
        for entry in facts.quirks?.isolations ?? [] where entry.devices.contains(node.function) {
            guard let doubt = facts.applies(entry.devices), let holds = answer(entry.kind, node) else { continue }
            let title = entry.devices.title
            switch holds {
            case .yes(let other):
                return GroupFact(
                    holds: true,
                    doubt: max(doubt, other),
                    why: Text(
                        en: "\(node.address) (\(title.en)) isolates by a quirk of the kernel, read in its source",
                        zh: "\(node.address)（\(title.zh)）依内核特例视为隔离（读自内核源码）"
                    )
                )
            case .no:
                return GroupFact(
                    holds: false,
                    doubt: doubt,
                    why: Text(
                        en:
                            "\(node.address) (\(title.en)) does not isolate by a quirk of the kernel, read in its source",
                        zh: "\(node.address)（\(title.zh)）依内核特例视为不隔离（读自内核源码）"
                    )
                )
            case .unread: return unread(node)
            }
        }
        return nil
    }

    private enum Answer {
        case yes(GroupConfidence)
        case no
        /// It depends on a configuration space that was not read.
        case unread
    }

    /// Nil when the quirk is not about this function after all, and the next one is asked.
    private func answer(_ kind: GroupQuirks.IsolationKind, _ node: GroupTopology.Node) -> Answer? {
        let isRead = node.isConventional != nil
        func of(_ types: PCICapabilities.PortType...) -> Bool { node.portType.map(types.contains) ?? false }
        switch kind {
        case .endpoint, .port: return .yes(.certain)
        case .none: return .no
        case .southbridge:
            guard node.hasSeveralFunctions, node.parent == nil else { return nil }
            guard let tables = facts.firmware?.tables else { return .yes(.likely) }
            return tables.contains("IVRS") ? .yes(.certain) : nil
        case .rootPort, .integrated, .anyPort, .noPort, .switchedOn, .wideRegisters:
            // A device that is no bridge is no port, whether its configuration space was read or not.
            if !isRead, kind == .integrated ? node.parent != nil : !node.function.class.isBridge { return nil }
            guard isRead else { return .unread }
        }
        switch kind {
        case .rootPort: return of(.rootPort) ? .yes(.certain) : nil
        case .integrated: return of(.rootComplexEndpoint) ? .yes(.certain) : nil
        case .anyPort: return of(.rootPort, .downstreamPort) ? .yes(.certain) : nil
        case .noPort: return of(.rootPort, .downstreamPort) ? .no : nil
        case .switchedOn: return of(.rootPort) ? .yes(moment == .now ? .certain : .likely) : nil
        case .wideRegisters:
            guard of(.rootPort), let acs = node.function.details?.capabilities?.acs else { return nil }
            return redirects(node, acs) == false ? .no : .yes(.certain)
        case .endpoint, .port, .none, .southbridge: return nil
        }
    }

    // MARK: By the specification

    private func standard(_ node: GroupTopology.Node) -> GroupFact {
        guard let capabilities = node.function.details?.capabilities, let isConventional = node.isConventional else {
            return unread(node)
        }
        guard !isConventional else {
            return GroupFact(
                holds: false,
                why: Text(en: "\(node.address) is conventional PCI", zh: "\(node.address) 是传统 PCI 设备")
            )
        }
        switch node.portType {
        case .rootPort, .downstreamPort: return byACS(node, capabilities)
        case .endpoint, .legacyEndpoint, .rootComplexEndpoint, .upstreamPort:
            guard node.hasSeveralFunctions else {
                return GroupFact(
                    holds: true,
                    why: Text(en: "\(node.address) is the only function of its device", zh: "\(node.address) 是其设备唯一的功能")
                )
            }
            return byACS(node, capabilities)
        case .pcieToPCIBridge, .pciToPCIEBridge, .rootComplexEventCollector, nil:
            return GroupFact(
                holds: false,
                why: Text(en: "\(node.address) is of a kind that never isolates", zh: "\(node.address) 属于从不隔离的类型")
            )
        }
    }

    /// The kernel counts what a port cannot be told as always on, and switches the rest on when the IOMMU is.
    private func byACS(_ node: GroupTopology.Node, _ capabilities: PCICapabilities) -> GroupFact {
        let isPort = node.portType == .rootPort || node.portType == .downstreamPort
        guard let acs = capabilities.acs else {
            guard capabilities.extendedReadable else {
                return GroupFact(
                    holds: false,
                    doubt: (node.function.details?.configSize ?? 0) == 256 ? .certain : .unknown,
                    why: Text(
                        en:
                            "the extended configuration space of \(node.address), where ACS would be, cannot be reached",
                        zh: "无法访问 \(node.address) 的扩展配置空间（ACS 位于其中）"
                    )
                )
            }
            return GroupFact(
                holds: false,
                why: isPort
                    ? Text(en: "the port \(node.address) has no ACS", zh: "端口 \(node.address) 没有 ACS")
                    : Text(en: "\(node.address) has no ACS", zh: "\(node.address) 没有 ACS")
            )
        }
        if redirects(node, acs) == false {
            return GroupFact(
                holds: false,
                why: Text(
                    en: "ACS of \(node.address) is switched off on the kernel's command line (pci=)",
                    zh: "内核命令行（pci=）关闭了 \(node.address) 的 ACS"
                )
            )
        }
        if redirects(node, acs) == nil {
            return GroupFact(
                holds: true,
                doubt: .unknown,
                why: Text(
                    en: "whether pci= on the kernel's command line is about \(node.address) cannot be told",
                    zh: "无法判断内核命令行中的 pci= 是否涉及 \(node.address)"
                )
            )
        }
        if moment == .now, !acs.isIsolating {
            return GroupFact(
                holds: false,
                why: Text(
                    en:
                        "ACS of \(node.address) is not switched on (control \(acs.control), capability \(acs.capability))",
                    zh: "\(node.address) 的 ACS 未打开（控制 \(acs.control)，能力 \(acs.capability)）"
                )
            )
        }
        return GroupFact(holds: true, why: Text(en: "\(node.address) has ACS", zh: "\(node.address) 有 ACS"))
    }

    /// Whether the kernel's line leaves the function's ACS on; nil when that cannot be told.
    private func redirects(_ node: GroupTopology.Node, _ acs: PCICapabilities.ACS) -> Bool? {
        guard let capability = UInt16(acs.capability, radix: 16), let firmware = UInt16(acs.control, radix: 16) else {
            return nil
        }
        let wanted = capability & ACSParameters.Bit.isolation
        var control = capability
        for word in ["disable_acs_redir", "config_acs"] {
            if word == "config_acs", let kernel = facts.kernel, kernel < Self.withSettings { continue }
            for setting in facts.parameters.settings where setting.word == word {
                guard let isMeant = setting.device.matches(node.function) else { return nil }
                guard isMeant else { continue }
                if word == "config_acs" { control = firmware }
                control = control & ~setting.mask | setting.flags & setting.mask
                break
            }
        }
        return control & wanted == wanted
    }

    /// The first kernel of those that were read with `config_acs`.
    private static let withSettings = KernelVersion("6.12") ?? GroupQuirks.read[0]

    private func unread(_ node: GroupTopology.Node) -> GroupFact {
        let why = node.function.details?.unknown["capabilities"] ?? "its configuration space was not read"
        return GroupFact(
            holds: false,
            doubt: .unknown,
            why: Text(
                en: "what \(node.address) can isolate is not known (\(why))",
                zh: "\(node.address) 的隔离能力未知（\(Text(reason: why).zh)）"
            )
        )
    }
}

extension PCICapabilities.ACS {
    /// All that the kernel asks for and that the port can be told is on.
    fileprivate var isIsolating: Bool {
        guard let capability = UInt16(capability, radix: 16), let control = UInt16(control, radix: 16) else {
            return false
        }
        let wanted = capability & ACSParameters.Bit.isolation
        return control & wanted == wanted
    }
}
