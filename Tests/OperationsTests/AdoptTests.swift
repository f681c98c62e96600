import Formats
import Foundation
import Inventory
import Machine
import Operations
import Planning
import TestHosts
import Testing
import Transactions
import Wording

/// `passthru adopt`: each trace of a set-up made by hand, alone and all together.
@Suite struct AdoptTests {
    private static let gpu = "0000:00:02.0"
    private static let spare = "0000:04:00.0"
    private static let consents = Set(
        ["console-display", "management-network", "reserved-memory", "last-input"].map {
            Consent(guardName: $0, token: gpu)
        } + [Consent(guardName: "management-network", token: "0000:03:00.0")]
    )

    /// The router, whose fourth card is of another kind than the others, so that an id can mean it alone.
    private func router(_ files: [String: String] = [:]) throws -> SimulatedSysfs {
        let sysfs = try IStoreOSHook.router()
        sysfs.replaceIdentity(of: Self.spare, vendor: "8086", device: "1533")
        try sysfs.write("/sys/bus/pci/drivers/igc/new_id", bytes: Array("8086 1533".utf8), milliseconds: 0)
        for (path, text) in files { try sysfs.put(FileSnapshot(bytes: Array(text.utf8)), at: path) }
        for name in ["cp", "rm", "find"] { try sysfs.put(FileSnapshot(bytes: [], mode: 0o755), at: "/bin/\(name)") }
        sysfs.programs["/bin/cp"] = { sysfs, arguments in
            guard let bytes = try? sysfs.read(arguments[1], limit: .max) else {
                return ProgramResult(status: 1, output: "cp: no such file\n")
            }
            try? sysfs.put(FileSnapshot(bytes: bytes), at: arguments[2])
            return ProgramResult(status: 0, output: "")
        }
        sysfs.programs["/bin/rm"] = { sysfs, arguments in
            try? sysfs.put(nil, at: arguments[1])
            return ProgramResult(status: 0, output: "")
        }
        sysfs.programs["/bin/find"] = { _, _ in ProgramResult(status: 0, output: "") }
        return sysfs
    }

    private func adopt(_ sysfs: SimulatedSysfs, without: [String] = [], dryRun: Bool = false) throws -> Outcome {
        try Adopt.run(
            Machine(sysfs),
            without: without,
            Permissions(dryRun: dryRun, consents: Self.consents, confirmWithin: 0)
        ) { _ in }
    }

    /// Adopts, adopts again, undoes: nothing is left to do, and then everything is as it was.
    private func thereAndBack(
        _ files: [String: String],
        _ look: (SimulatedSysfs, Outcome) throws -> Void
    ) throws {
        let sysfs = try router(files)
        let before = sysfs.host
        let outcome = try adopt(sysfs)
        try look(sysfs, outcome)
        let again = try adopt(sysfs)
        #expect(!again.changed, "a second time: \(again.plan.map(\.target))")
        guard outcome.changed else { return }
        let undo = try Undo.run(Machine(sysfs), .transaction(1)) { _ in }
        #expect(undo.transactions.map(\.state) == [.undone])
        let left = sysfs.host.differences(from: before).filter { path in
            !["/sys/", "/var/run/", "/proc/"].contains { path.hasPrefix($0) }
        }
        #expect(left == [])
    }

    private func note(_ outcome: Outcome, _ text: String) -> Bool {
        outcome.warnings.contains { $0.en.contains(text) && !$0.zh.isEmpty }
    }

    // MARK: One trace

    @Test func nothingByHandIsNothingToDo() throws {
        let outcome = try adopt(router())
        #expect(!outcome.changed)
        #expect(outcome.warnings == [])
    }

    @Test func anIDBecomesAnAddress() throws {
        try thereAndBack(["/etc/modules.d/vfio-pci": "vfio-pci ids=8086:1533 disable_vga=1\n"]) { sysfs, outcome in
            #expect(outcome.devices.map(\.description) == [Self.spare])
            #expect(sysfs.driver(of: Self.spare) == "vfio-pci")
            #expect(sysfs.host.text("/etc/modules.d/vfio-pci") == "vfio-pci\n")
            #expect(sysfs.host.text("/etc/modules.conf") == nil)
            #expect(sysfs.host.text("/etc/config/passthru")?.contains("option home 'igc'") == true)
            #expect(note(outcome, "disable_vga=1 goes"))
        }
    }

    @Test func anIDOfSeveralMeansThemAll() throws {
        let sysfs = try router(["/etc/modules.conf": "# mine\noptions vfio-pci ids=8086:125c\n"])
        // Three cards, two of which carry the way in.
        let failure = #expect(throws: Failure.self) { try adopt(sysfs) }
        #expect(failure?.status == .refused)
        #expect(failure?.guardName == "management-network")
        let outcome = try adopt(sysfs, without: ["0000:01:00.0", "0000:02:00.0"], dryRun: true)
        #expect(outcome.devices.map(\.description) == ["0000:03:00.0"])
        #expect(note(outcome, "8086:125c means 3 devices, all of them: 0000:01:00.0, 0000:02:00.0, 0000:03:00.0"))
        #expect(!outcome.diff.contains("modules.conf"), "two are still meant by the line")
    }

    @Test func theWrongFormIsUnderstoodAndAnUnknownIDStays() throws {
        let files = ["/etc/modules.d/vfio-pci": "vfio-pci ids=8086:1533,ids=dead:beef\n"]
        try thereAndBack(files) { sysfs, outcome in
            #expect(sysfs.host.text("/etc/modules.d/vfio-pci") == "vfio-pci\n")
            #expect(sysfs.host.text("/etc/modules.conf") == "options vfio-pci ids=dead:beef\n")
            #expect(note(outcome, "no device of this host has the id dead:beef"))
        }
    }

    @Test func anIDOfNothingStays() throws {
        let outcome = try adopt(router(["/etc/modprobe.d/vfio.conf": "options vfio-pci ids=dead:beef\n"]))
        #expect(!outcome.changed)
        #expect(note(outcome, "dead:beef"))
    }

    @Test func blacklistsGoWithTheLastDevice() throws {
        let files = [
            "/etc/modules.conf": "blacklist igc\nblacklist snd_hda_intel\n",
            "/etc/modules.d/vfio-pci": "vfio-pci ids=8086:1533\n",
        ]
        try thereAndBack(files) { sysfs, outcome in
            // igc has other cards too; the sound has nothing to do with it.
            #expect(sysfs.host.text("/etc/modules.conf") == files["/etc/modules.conf"])
            #expect(note(outcome, "igc stays away, as it would take 0000:01:00.0"))
            #expect(!note(outcome, "snd_hda_intel"))
        }
    }

    @Test func scriptsBecomeAssignments() throws {
        let files = [
            "/etc/rc.local": """
            # mine
            /etc/vfio.sh
            chmod 666 /dev/vfio/*
            exit 0

            """,
            "/etc/vfio.sh": """
            #!/bin/sh
            modprobe vfio-pci
            echo 0000:04:00.0 > /sys/bus/pci/devices/0000:04:00.0/driver/unbind
            echo vfio-pci > /sys/bus/pci/devices/0000:04:00.0/driver_override
            echo 0000:04:00.0 > /sys/bus/pci/drivers_probe
            echo "8086 dead" > /sys/bus/pci/drivers/vfio-pci/new_id
            for d in $LIST; do echo vfio-pci > /sys/bus/pci/devices/$d/driver_override; done
            logger done

            """,
        ]
        try thereAndBack(files) { sysfs, outcome in
            #expect(outcome.devices.map(\.description) == [Self.spare])
            #expect(sysfs.host.text("/etc/rc.local") == "# mine\n/etc/vfio.sh\nexit 0\n")
            #expect(
                sysfs.host.text("/etc/vfio.sh") == """
                    #!/bin/sh
                    echo "8086 dead" > /sys/bus/pci/drivers/vfio-pci/new_id
                    for d in $LIST; do echo vfio-pci > /sys/bus/pci/devices/$d/driver_override; done
                    logger done

                    """
            )
            #expect(sysfs.host.text("/etc/config/passthru")?.contains("option access 'world'") == true)
            #expect(note(outcome, "Every program on this host can now take over"))
            #expect(note(outcome, "/etc/vfio.sh, line 7 stays"))
        }
    }

    @Test func anUnbindAloneMeansNoGuest() throws {
        let outcome = try adopt(router(["/etc/rc.local": "echo 0000:04:00.0 > /sys/bus/pci/drivers/igc/unbind\n"]))
        #expect(!outcome.changed)
    }

    @Test func driverctlIsTakenOver() throws {
        try thereAndBack(["/etc/driverctl.d/pci-0000:04:00.0": "vfio-pci\n"]) { sysfs, outcome in
            #expect(outcome.devices.map(\.description) == [Self.spare])
            #expect(sysfs.host.text("/etc/driverctl.d/pci-0000:04:00.0") == nil)
        }
    }

    @Test func whatIsWithVFIOAlreadyIsOnlyWrittenDown() throws {
        let sysfs = try router(["/etc/modules.d/vfio-pci": "vfio-pci ids=8086:1533\n"])
        _ = try Assign.run(Machine(sysfs), devices: [Self.spare], mates: [], once: true, Permissions()) { _ in }
        let outcome = try adopt(sysfs)
        #expect(outcome.devices.map(\.description) == [Self.spare])
        #expect(outcome.plan.allSatisfy { $0.action != "write" && $0.action != "load-module" })
    }

    // MARK: The whole guide

    private static let menu = """
        set default="0"
        set timeout="5"
        set rompart="root=PARTUUID=11223344-02 rootwait"

        if [ -e /boot/grub/grubenv ]; then
        	load_env --file /boot/grub/grubenv
        fi

        if [ -e /boot/grub/grub.ext.cfg ]; then
        	source /boot/grub/grub.ext.cfg
        fi

        menuentry "iStoreOS" {
        	linux /boot/vmlinuz $rompart  noinitrd $cmdline_ext intel_iommu=on iommu=pt video=efifb:off,vesafb:off
        }
        menuentry "iStoreOS (failsafe)" {
        	linux /boot/vmlinuz failsafe=true $rompart  noinitrd $cmdline_ext intel_iommu=on amd_iommu=on
        }

        """

    private var guide: [String: String] {
        [
            "/boot/grub/grub.cfg": Self.menu,
            "/proc/cmdline":
                "BOOT_IMAGE=/boot/vmlinuz root=PARTUUID=11223344-02 rootwait noinitrd intel_iommu=on iommu=pt\n",
            "/etc/modules.d/vfio-pci": "vfio-pci ids=8086:46d1 disable_vga=1\n",
            "/etc/modules.conf": "blacklist i915\n",
            "/rom/lib/modules/6.6.93/i915.ko": "the driver",
            "/etc/rc.local": """
            chmod 666 /dev/vfio/vfio
            echo 0000:00:02.0 > /sys/bus/pci/drivers/i915/unbind
            echo 8086 46d1 > /sys/bus/pci/drivers/vfio-pci/new_id
            exit 0

            """,
        ]
    }

    @Test func theWholeGuide() throws {
        try thereAndBack(guide) { sysfs, outcome in
            #expect(outcome.devices.map(\.description) == [Self.gpu])
            #expect(sysfs.driver(of: Self.gpu) == "vfio-pci")
            #expect(sysfs.host.text("/etc/rc.local") == "exit 0\n")
            #expect(sysfs.host.text("/etc/modules.d/vfio-pci") == "vfio-pci\n")
            #expect(sysfs.host.text("/etc/modules.conf") == "")
            #expect(sysfs.host.text("/lib/modules/6.6.93/i915.ko") == "the driver")
            #expect(sysfs.host.text("/boot/grub/grub.cfg")?.contains("iommu=") == false)
            #expect(sysfs.host.text("/boot/grub/grub.cfg")?.contains("noinitrd $cmdline_ext\n") == true)
            #expect(sysfs.host.text("/boot/grub/grubenv")?.contains("IOMMU_CMDLINE=intel_iommu=on iommu=pt") == true)
            #expect(sysfs.host.text("/etc/config/passthru")?.contains("list own 'intel_iommu=on'") == true)
            #expect(!note(outcome, "restart the machine"))
            let golden = GoldenTests.folder.deletingLastPathComponent().appending(
                path: "OperationsTests/adopt-guide.txt"
            )
            let text =
                outcome.plan.map(\.sentence.en).joined(separator: "\n") + "\n" + outcome.diff
                + outcome.warnings.map(\.en).joined(separator: "\n") + "\n"
            if GoldenTests.regenerates { try text.write(to: golden, atomically: true, encoding: .utf8) }
            #expect(try String(contentsOf: golden, encoding: .utf8) == text)
        }
    }

    @Test func wordsThatWereNeverBootedNeedARestart() throws {
        var files = guide
        files["/proc/cmdline"] = nil
        let outcome = try adopt(router(files), dryRun: true)
        #expect(note(outcome, "started without intel_iommu=on iommu=pt: restart the machine"))
    }

    // MARK: Bad input

    @Test func whatCannotBeReadIsLeftAlone() throws {
        for (path, text, place) in [
            ("/etc/modules.d/vfio-pci", "# x\nvfio-pci ids=8086-1533\n", "/etc/modules.d/vfio-pci, line 2, column 14"),
            ("/etc/modules.conf", "options vfio-pci ids=8086:zz\n", "/etc/modules.conf, line 1, column 22"),
            ("/boot/grub/grub.cfg", "# $cmdline_ext\nmenuentry \"x\" {\n", "/boot/grub/grub.cfg: Line 2"),
        ] {
            let sysfs = try router([path: text])
            let failure = #expect(throws: Failure.self) { try adopt(sysfs) }
            #expect(failure?.status == .malformed)
            #expect(failure?.message.en.contains(place) == true, "\(failure?.message.en ?? "")")
            #expect(sysfs.host.text(path) == text)
        }
    }
}
