internal import Machine
internal import SystemPackage

/// Looks for what runs guests: by the files of this host, and by the processes of this host and its containers.
struct RunnerSearch {
    let machine: Machine
    /// Nil with a reason where processes cannot be seen.
    let processes: [RunnerProcess]?
    let unseen: String?
    /// What was found, and the root of each that is in a container.
    private(set) var found: [(runner: GuestRunner, root: ProcessRoot)] = []

    init(_ machine: Machine) {
        self.machine = machine
        do throws(Unreadable) {
            processes = machine.isLive ? try RunnerProcess.all(machine) : nil
            unseen = machine.isLive ? nil : HolderInventory.notLive
        } catch {
            processes = nil
            unseen = error.reason
        }
        for kind in GuestRunner.Kind.allCases { findOnHost(kind) }
        findInContainers()
        findStopped()
    }

    var runners: [GuestRunner] { found.map(\.runner) }

    /// The container of a process, which is that of a runner; nil on the host, or where it could not be seen.
    func container(of process: RunnerProcess) -> GuestContainer? {
        guard process.root.isContainer else { return nil }
        return found.first { $0.root == process.root }?.runner.container
    }

    private func daemons(_ kind: GuestRunner.Kind) -> [RunnerProcess] {
        (processes ?? []).filter { $0.role == .daemon(kind) }
    }

    private mutating func findOnHost(_ kind: GuestRunner.Kind) {
        var runner = GuestRunner(kind: kind)
        runner.readFiles(machine)
        let mine: [RunnerProcess]
        switch kind {
        case .libvirt, .proxmox: mine = daemons(kind).filter { !$0.root.isContainer }
        case .qemu:
            // Where a daemon runs, the guests are the daemon's.
            let isManaged = [GuestRunner.Kind.libvirt, .proxmox].contains { kind in
                daemons(kind).contains { !$0.root.isContainer }
            }
            mine = isManaged ? [] : (processes ?? []).filter { $0.role == .qemu && !$0.root.isContainer }
        }
        if let process = mine.first(where: { $0.root == .host }) ?? mine.first {
            runner.pid = process.pid
            runner.isRunning = true
            if case .unknown(let why) = process.root { runner.unknown["container"] = why }
        } else if let unseen {
            runner.unknown["isRunning"] = unseen
        } else {
            runner.isRunning = false
        }
        guard runner.isInstalled || runner.pid != nil else { return }
        runner.hostConfiguration = runner.configuration
        runner.readProcess(machine)
        found.append((runner, .host))
    }

    private mutating func findInContainers() {
        var roots: [ProcessRoot] = []
        for process in processes ?? [] where process.root.isContainer && !roots.contains(process.root) {
            roots.append(process.root)
        }
        for root in roots {
            let here = (processes ?? []).filter { $0.root == root }
            let container = GuestContainer.of(here[0].pid, machine)
            let kinds = GuestRunner.Kind.allCases.filter { kind in here.contains { $0.role == .daemon(kind) } }
            for kind in kinds.isEmpty ? [.qemu] : kinds {
                guard let process = here.first(where: { $0.role == .daemon(kind) || kind == .qemu }) else { continue }
                var runner = GuestRunner(kind: kind, container: container)
                runner.pid = process.pid
                runner.isRunning = true
                do throws(Errno) {
                    runner.readFiles(try machine.inside(process: process.pid))
                } catch {
                    runner.unknown["files"] = Unreadable(error, "/proc/\(process.pid)/root").reason
                }
                if let folder = runner.configuration {
                    runner.hostConfiguration = PathMapping(process: process.pid, machine)?.hostPath(folder)
                }
                runner.readProcess(machine)
                found.append((runner, root))
            }
        }
    }

    /// Containers that are set up and do not run.
    private mutating func findStopped() {
        for stopped in StoppedContainer.all(machine) {
            let isFound = found.contains { $0.runner.container?.name == stopped.name && $0.runner.kind == stopped.kind }
            if isFound { continue }
            var runner = GuestRunner(
                kind: stopped.kind,
                container: GuestContainer(name: stopped.name, manager: .docker)
            )
            if let unseen { runner.unknown["isRunning"] = unseen } else { runner.isRunning = false }
            runner.configuration = stopped.configuration
            runner.hostConfiguration = stopped.hostConfiguration
            if let why = stopped.unreadable { runner.unknown["hostConfiguration"] = why }
            found.append((runner, .unknown("")))
        }
    }
}

extension GuestRunner {
    /// Whether anything of it is there.
    fileprivate var isInstalled: Bool {
        switch kind {
        case .libvirt: configuration != nil || virsh != nil || socket != nil
        case .proxmox: qm != nil
        case .qemu: !emulators.isEmpty
        }
    }

    /// What its files tell: those of the host, or of its container.
    fileprivate mutating func readFiles(_ there: Machine) {
        emulators = [
            "/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm", "/usr/bin/kvm",
            "/usr/bin/qemu-system-aarch64",
        ].filter(there.exists)
        switch kind {
        case .libvirt:
            if isThere("/etc/libvirt", there) { configuration = "/etc/libvirt/qemu" }
            virsh = there.program("virsh")
            socket = ["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock", "/var/run/libvirt/libvirt-sock"]
                .first(where: there.exists)
        case .proxmox:
            if isThere("/etc/pve", there) { configuration = "/etc/pve/qemu-server" }
            qm = there.program("qm")
        case .qemu: break
        }
    }

    /// Whether it has a folder; where that cannot be seen it is taken for one, whose content then cannot be read.
    private mutating func isThere(_ path: String, _ machine: Machine) -> Bool {
        do throws(Errno) {
            return try machine.isThere(path)
        } catch {
            unknown["files"] = Unreadable(error, path).reason
            return container != nil
        }
    }

    /// What its process tells.
    fileprivate mutating func readProcess(_ machine: Machine) {
        guard let pid else { return }
        view = RunnerView.read(pid, machine)
        guard kind == .libvirt else { return }
        // libvirt names its library by its version: libvirt.so.0.9000.0 is 9.0.0 (its meson.build, "libvirt_lib_version").
        guard let maps = try? machine.textLines("/proc/\(pid)/maps") else { return }
        for line in maps {
            guard let slash = line.utf8.lastIndex(of: UInt8(ascii: "/")) else { continue }
            let name = line[line.utf8.index(after: slash)...]
            let mark = "libvirt.so.0."
            guard name.utf8.starts(with: mark.utf8) else { continue }
            let numbers = name.utf8.dropFirst(mark.utf8.count).prefix { $0 != UInt8(ascii: " ") }
                .split(separator: UInt8(ascii: ".")).map { Int(Substring($0)) }
            guard numbers.count == 2, let interface = numbers[0], let revision = numbers[1] else { continue }
            libvirtVersion = "\(interface / 1000).\(interface % 1000).\(revision)"
            return
        }
    }
}
