import Changes
import Inventory
import Machine
import Planning
import TestHosts
import Testing
import Wording

/// What the tests of the way back in add to a machine, and how they ask.
enum WayIn {
    static let controller = "/sys/devices/pci0000:00/0000:00:14.0"
    static let stick = controller + "/usb1/1-2"

    static func read(_ host: TestHost) -> Host { Host.read(host.machine, GuardTests.parts) }

    /// What the guard of that name finds, in a request for these functions.
    static func findings(_ name: String, _ host: TestHost, _ addresses: String...) throws -> [GuardFinding] {
        let host = read(host)
        let request = Request(try GuardTests.functions(host, addresses), on: host)
        return Guards.findings(request).filter { $0.guardName == name }
    }

    /// Its only finding.
    static func finding(_ name: String, _ host: TestHost, _ addresses: String...) throws -> GuardFinding {
        let read = read(host)
        let request = Request(try GuardTests.functions(read, addresses), on: read)
        let found = Guards.findings(request).filter { $0.guardName == name }
        #expect(found.count == 1, "\(found.map(\.message.en))")
        return try #require(found.first)
    }

    /// The plan's writes, each as `FILE VALUE` with the file's last two names.
    static func writes(_ host: TestHost, _ addresses: String...) throws -> [String] {
        let host = read(host)
        let functions = try GuardTests.functions(host, addresses)
        let plan = try AssignPlanner(host: host).plan(functions, with: [])
        return plan.changes.compactMap { planned in
            guard case .writeAttribute(let path, let value) = planned.change else { return nil }
            return path.split(separator: "/").suffix(2).joined(separator: "/") + " " + value
        }
    }

    /// What handing a function over writes.
    static func writes(of address: String, from driver: String) -> [String] {
        [
            "\(address)/driver_override vfio-pci", "\(driver)/unbind \(address)",
            "pci/drivers_probe \(address)",
        ]
    }
}

extension TestHost {
    /// A keyboard, or with other keys a button, in a device's folder.
    func withKeyboard(_ name: String, in folder: String, keys: String = "fffffffffffffffe") -> TestHost {
        var copy = with([
            "\(folder)/input/\(name)/name": "Keyboard \(name)", "\(folder)/input/\(name)/capabilities/key": keys,
            "\(folder)/input/\(name)/capabilities/rel": "0",
        ])
        copy.relativeLink("/sys/class/input/\(name)", to: "\(folder)/input/\(name)")
        return copy
    }

    /// A terminal in a device's folder, and what `/dev/console` stands for.
    func withTerminal(_ name: String, in folder: String, consoles: String) -> TestHost {
        var copy = with(["\(folder)/tty/\(name)/dev": "188:0", "/sys/devices/virtual/tty/console/active": consoles])
        copy.relativeLink("/sys/class/tty/\(name)", to: "\(folder)/tty/\(name)")
        copy.relativeLink("/sys/class/tty/console", to: "/sys/devices/virtual/tty/console")
        return copy
    }

    /// Logged in at a terminal, by its device number: 1025 is tty1, 1088 ttyS0, 34816 pts/0, 48128 ttyUSB0.
    func withSession(terminal: Int) -> TestHost {
        with([
            "/proc/self/stat": "900 (passthru) S 800 900 900 \(terminal) 900",
            "/proc/800/stat": "800 (ash) S 1 800 800 \(terminal) 800",
        ])
    }

    /// Logged in by SSH at an address of this machine, as `/proc/net/tcp` writes it; without one, nobody may look.
    func withSSH(at local: String?) -> TestHost {
        var copy = with([
            "/proc/self/stat": "900 (passthru) S 800 900 800 34816 900",
            "/proc/800/stat": "800 (sh) S 700 800 800 34816 900", "/proc/700/stat": "700 (sshd) S 1 700 700 0 -1",
            "/proc/net/tcp": """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 500 1
               1: \(local ?? "0100007F"):0016 3264A8C0:D431 01 00000000:00000000 00:00000000 00000000     0        0 501 1
            """,
        ])
        if local != nil { copy.link("/proc/700/fd/4", "socket:[501]") }
        return copy
    }

    /// Interfaces whose cable is out.
    func withoutLink(_ folders: String...) -> TestHost {
        with(Dictionary(uniqueKeysWithValues: folders.map { ("/sys/devices/pci0000:00/\($0)/carrier", "0") }))
    }
}
