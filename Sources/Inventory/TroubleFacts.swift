public import Machine
internal import SystemPackage

/// What only an explanation of a message looks at: files that the message names, a device that no longer answers, the
/// memory that programs may lock, where interrupts go.
public struct TroubleFacts: Sendable, Hashable {
    /// A program that starts guests, and how much memory it may lock (setrlimit(2), RLIMIT_MEMLOCK).
    public struct MemoryLock: Sendable, Hashable {
        public var pid: Int
        public var command: String
        /// Bytes; nil for no limit.
        public var limit: UInt64?
    }

    /// An interrupt of a device that a guest has, and how often each processor took it (`/proc/interrupts`).
    public struct GuestInterrupt: Sendable, Hashable {
        public var line: String
        public var name: String
        public var counts: [UInt64]
    }

    /// For each device that was asked about whether its configuration space reads as nothing but ones.
    public private(set) var silent: [PCIAddress: Bool] = [:]
    /// For each path that was asked about whether it is there.
    public private(set) var exists: [String: Bool] = [:]
    /// Empty where no such program runs.
    public private(set) var memoryLocks: [MemoryLock] = []
    public private(set) var guestInterrupts: [GuestInterrupt] = []
    /// How many processors the table of interrupts has.
    public private(set) var processors = 0
    public private(set) var unknown: [String: String] = [:]

    /// Programs that start guests, or containers in which guests are started.
    static let starters: Set<String> = [
        "libvirtd", "virtqemud", "qemu-system-x86", "kvm", "dockerd", "containerd", "pvedaemon", "virt-launcher",
    ]

    public static func read(_ machine: Machine, devices: [PCIAddress], paths: [String]) -> Self {
        var facts = Self()
        for device in devices {
            let path = "\(PCIInventory.root)/\(device)/config"
            do {
                let bytes = try machine.readWithDeadline(path, milliseconds: 2_000)
                facts.silent[device] = bytes.count >= 4 && bytes.prefix(64).allSatisfy { $0 == 0xFF }
            } catch {
                facts.unknown["\(device)"] = reason(error, path)
            }
        }
        for path in paths where path.utf8.first == UInt8(ascii: "/") {
            // A folder that is not there tells nothing of what a captured host left out.
            let isWhole = machine.isLive || machine.exists(Machine.parent(of: path))
            if machine.exists(path) { facts.exists[path] = true } else if isWhole { facts.exists[path] = false }
        }
        facts.readLimits(machine)
        facts.readInterrupts(machine)
        return facts
    }

    private mutating func readLimits(_ machine: Machine) {
        let pids = machine.listIfAny("/proc").compactMap(Int.init)
        guard !pids.isEmpty else {
            unknown["memoryLocks"] = "/proc: no such file or directory"
            return
        }
        for pid in pids.sorted() {
            guard let command = machine.textIfAny("/proc/\(pid)/comm"), Self.starters.contains(command) else {
                continue
            }
            do {
                let line = try machine.textLines("/proc/\(pid)/limits").first { $0.hasPrefix("Max locked memory") }
                guard let soft = line.flatMap({ Lines.words($0).dropFirst(3).first }) else { continue }
                memoryLocks.append(MemoryLock(pid: pid, command: command, limit: UInt64(soft)))
            } catch {
                unknown["memoryLocks"] = error.reason
            }
        }
    }

    private mutating func readInterrupts(_ machine: Machine) {
        do throws(Unreadable) {
            let lines = try machine.textLines("/proc/interrupts")
            processors = lines.first.map { Lines.words($0).count } ?? 0
            for line in lines where line.utf8.firstRange(of: "vfio".utf8) != nil {
                let words = Lines.words(line)
                guard words.count > processors + 1, words[0].hasSuffix(":") else { continue }
                let counts = words[1...processors].compactMap { UInt64($0) }
                guard counts.count == processors, let name = words.last else { continue }
                guestInterrupts.append(
                    GuestInterrupt(line: String(words[0].dropLast()), name: String(name), counts: counts)
                )
            }
        } catch {
            unknown["guestInterrupts"] = error.reason
        }
    }
}
