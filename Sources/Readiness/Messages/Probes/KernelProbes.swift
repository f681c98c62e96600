import Formats
import Inventory
import Wording

/// The kernel was started with a word: `argument:intel_iommu=off` is also an item of a list. Without a value the name
/// counts.
enum ArgumentGiven: Probe {
    static let id = "argument"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let arguments = subject.host.kernel?.arguments else {
            return .unknown(subject.host.kernel?.unknown["commandLine"] ?? "not read")
        }
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        let found = arguments.words.first { word in
            guard let name = parts.first, word.isNamed(name) else { return false }
            guard parts.count > 1 else { return true }
            return word.value?.split(separator: ",").contains { $0 == parts[1] } == true
        }
        guard let found else {
            return .no(Text(en: "/proc/cmdline has no \(argument)", zh: "/proc/cmdline 中没有 \(argument)"))
        }
        return .yes(Text(verbatim: "/proc/cmdline: \(found.text)"))
    }
}

/// A module is not loaded and not built in.
enum ModuleAbsent: Probe {
    static let id = "module-absent"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let kernel = subject.host.kernel else { return .unknown("not read") }
        switch kernel.module(argument).state {
        case .loaded?: return .no(Text(en: "\(argument) is loaded", zh: "\(argument) 已加载"))
        case .builtIn?: return .no(Text(en: "\(argument) is built in", zh: "\(argument) 已编入内核"))
        case .loadable?: return .yes(Text(en: "\(argument) is installed and not loaded", zh: "\(argument) 已安装但未加载"))
        case .absent?: return .yes(Text(en: "\(argument) is not installed", zh: "\(argument) 未安装"))
        case nil: return .unknown(kernel.unknown["modules"] ?? kernel.unknown["loaded"] ?? "not read")
        }
    }
}

/// A module's option has a value now: `parameter:vfio_pci.disable_vga=Y`.
enum ModuleParameter: Probe {
    static let id = "parameter"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let kernel = subject.host.kernel else { return .unknown("not read") }
        let parts = argument.split(whereSeparator: { $0 == "." || $0 == "=" }).map(String.init)
        guard parts.count == 3 else { return .unknown("not read") }
        let path = "/sys/module/\(parts[0])/parameters/\(parts[1])"
        let module = kernel.module(parts[0])
        guard let value = module.parameters[parts[1]] else {
            guard module.state != nil, module.isReady else {
                return .unknown(Text(en: "the module \(parts[0]) is not loaded", zh: "模块 \(parts[0]) 未加载"))
            }
            return .unknown("\(path): no such file")
        }
        return .of(value == parts[2], Text(verbatim: "\(path): \(value)"))
    }
}

/// The kernel is not older than a release.
enum KernelSince: Probe {
    static let id = "kernel-since"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let version = subject.host.kernel?.version, let wanted = KernelVersion(argument) else {
            return .unknown(subject.host.kernel?.unknown["release"] ?? "not read")
        }
        return .of(version >= wanted, Text(verbatim: "Linux \(version)"))
    }
}

/// The kernel was built without an option.
enum ConfigWithout: Probe {
    static let id = "config-without"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let kernel = subject.host.kernel else { return .unknown("not read") }
        guard let value = kernel.config?[argument], let source = kernel.configSource else {
            return .unknown(kernel.unknown["config"] ?? "CONFIG_\(argument): not read")
        }
        return .of(value == "n", Text(verbatim: "\(source): CONFIG_\(argument)=\(value)"))
    }
}

/// Secure Boot is on, or the kernel is locked down.
enum SecureBootOn: Probe {
    static let id = "secure-boot"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let firmware = subject.host.firmware else { return .unknown("not read") }
        if let lockdown = firmware.lockdown, lockdown != "none" {
            return .yes(Text(verbatim: "/sys/kernel/security/lockdown: \(lockdown)"))
        }
        guard let isOn = firmware.secureBoot else { return .unknown(firmware.unknown["secureBoot"] ?? "not read") }
        return .of(
            isOn,
            isOn ? Text(en: "Secure Boot is on", zh: "安全启动已开启") : Text(en: "Secure Boot is off", zh: "安全启动未开启")
        )
    }
}

/// This machine is itself a guest.
enum MachineIsGuest: Probe {
    static let id = "nested"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let isGuest = subject.host.cpu?.hypervisor else {
            return .unknown(subject.host.cpu?.unknown["hypervisor"] ?? "not read")
        }
        return .of(
            isGuest,
            isGuest
                ? Text(en: "/proc/cpuinfo: hypervisor, this machine is a guest", zh: "/proc/cpuinfo：hypervisor，本机是虚拟机")
                : Text(
                    en: "/proc/cpuinfo: no hypervisor, this is a real machine",
                    zh: "/proc/cpuinfo：没有 hypervisor，本机是真实机器"
                )
        )
    }
}

/// The file that the message names is not there.
enum PathMissing: Probe {
    static let id = "path-missing"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let path = subject.captures["path"] else {
            return .unknown(Text(en: "the text names no file", zh: "文本中没有指明文件"))
        }
        switch subject.facts.exists[path] {
        case true?: return .no(Text(en: "\(path) is there", zh: "存在 \(path)"))
        case false?: return .yes(Text(en: "there is no \(path)", zh: "没有 \(path)"))
        case nil: return .unknown("\(path): not read")
        }
    }
}
