public import Machine
internal import SystemPackage

/// The processor as far as virtualization goes (`/proc/cpuinfo`, `/dev/kvm`).
public struct CPU: Sendable, Hashable, Codable {
    public enum Virtualization: String, Sendable, Codable { case vmx, svm }

    @Nullable public var vendor: String?
    @Nullable public var model: String?
    /// The extension that the processor shows; null when it shows none (or the firmware locked it).
    @Nullable public var virtualization: Virtualization?
    /// Whether this machine is itself a guest.
    @Nullable public var hypervisor: Bool?
    @Nullable public var kvm: DeviceNode?
    public var unknown: [String: String] = [:]

    public var isAMD: Bool { vendor == "AuthenticAMD" || vendor == "HygonGenuine" }

    public static func read(_ machine: Machine) -> CPU {
        var cpu = CPU(vendor: nil, model: nil, virtualization: nil, hypervisor: nil, kvm: nil)
        let path = "/proc/cpuinfo"
        do {
            // All processors alike: the first paragraph is enough.
            let lines = try machine.text(path).utf8.split(
                separator: UInt8(ascii: "\n"),
                omittingEmptySubsequences: false
            )
            var flags: Set<String> = []
            var seenFlags = false
            for line in lines.prefix(while: { !$0.isEmpty }) {
                let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
                guard parts.count == 2 else { continue }
                let value = String(decoding: parts[1].drop { $0 == 0x20 }, as: UTF8.self)
                switch String(decoding: parts[0].trimmed, as: UTF8.self) {
                case "vendor_id": cpu.vendor = value
                case "model name": cpu.model = value
                case "flags":
                    flags = Set(value.split(separator: " ").map(String.init))
                    seenFlags = true
                default: break
                }
            }
            if seenFlags {
                cpu.virtualization = flags.contains("vmx") ? .vmx : flags.contains("svm") ? .svm : nil
                cpu.hypervisor = flags.contains("hypervisor")
            } else {
                cpu.unknown["virtualization"] = "\(path): no line of flags"
                cpu.unknown["hypervisor"] = "\(path): no line of flags"
            }
        } catch {
            for key in ["vendor", "model", "virtualization", "hypervisor"] { cpu.unknown[key] = reason(error, path) }
        }
        cpu.kvm = DeviceNode.read("/dev/kvm", on: machine, unknown: &cpu.unknown, key: "kvm")
        return cpu
    }
}

/// A device node and who may open it.
public struct DeviceNode: Sendable, Hashable, Codable {
    public var path: String
    /// Permission bits, octal.
    public var mode: String
    public var owner: Int
    public var group: Int

    /// Nil when there is no such node; the reason lands in `unknown` when even that could not be seen.
    static func read(_ path: String, on machine: Machine, unknown: inout [String: String], key: String) -> DeviceNode? {
        do {
            let status = try machine.status(path)
            return DeviceNode(
                path: path,
                mode: String(status.mode, radix: 8),
                owner: Int(status.owner),
                group: Int(status.group)
            )
        } catch  where error == .noSuchFileOrDirectory && machine.exists("/dev") {
            return nil
        } catch {
            unknown[key] = reason(error, path)
            return nil
        }
    }
}
