import Inventory
import Wording

/// One question about a host, answered from what was read of it.
///
/// A check that could not measure says ``Verdict/unknown``; it never says ok.
public protocol Check: SendableMetatype {
    /// Stable name for scripts.
    static var id: String { get }
    static var title: Text { get }
    /// Whether the question arises: one about containers does not where none runs guests.
    static func applies(to host: Host) -> Bool
    static var importance: Importance { get }
    static func answer(_ host: Host) -> Finding.Answer
}

extension Check {
    public static func applies(to host: Host) -> Bool { true }
    public static var importance: Importance { .way }

    public static func finding(_ host: Host) -> Finding {
        let answer = answer(host)
        return Finding(
            id: id,
            title: title,
            verdict: answer.verdict,
            evidence: answer.evidence,
            remedy: answer.remedy,
            actor: answer.actor,
            confidence: answer.confidence,
            importance: importance,
            repair: answer.repair
        )
    }
}

/// Every check, in the order in which the guide goes: machine, IOMMU, modules, devices.
public enum Checks {
    public static let all: [any Check.Type] = [
        ContainerCheck.self,
        CPUVirtualization.self,
        KVMDevice.self,
        IOMMUFirmware.self,
        IOMMUKernel.self,
        IOMMUArgument.self,
        KernelArguments.self,
        IOMMUActive.self,
        InterruptRemapping.self,
        NoIOMMUMode.self,
        VFIOModules.self,
        VFIONodes.self,
        GuestNodes.self,
        GuestDeviceAccess.self,
        GuestKVM.self,
        GuestLockedMemory.self,
        ChipsetCheck.self,
        X2APICOptOut.self,
        KernelConfigCheck.self,
        LockdownCheck.self,
        VFIOOptions.self,
        ModuleRequests.self,
        OtherTools.self,
        GroupQuality.self,
        ReservedMemoryCheck.self,
        HiddenDisks.self,
        Above4G.self,
        ResizableBARs.self,
        ConfigSpace.self,
        SRIOVCheck.self,
        ResetMethods.self,
        ResetFaults.self,
        SleepingDevices.self,
        SharedInterrupts.self,
        LinkQuality.self,
        MemoryNodes.self,
        MemoryBudgetCheck.self,
        Hugepages.self,
    ]

    /// The parts of a host that the checks look at.
    public static let parts: Host.Parts = [
        .pci, .pciDetails, .iommu, .cpu, .kernel, .firmware, .platform, .container, .boot, .display,
        .guests, .memory, .windows, .interrupts, .nodes, .bootBindings,
    ]
}
