import Testing

/// Each machine, good or bad, gives exactly its own answer.
@Suite(.enabled(if: Results.isThere, "boot the rig's machines first: Scripts/test does"))
struct DoctorTests {
    struct Expected: CustomTestStringConvertible {
        var machine: String
        var ready: String
        var reason: String
        /// Checks that find a problem.
        var problems: Set<String>
        /// Checks that cannot know; nothing else may be unknown.
        var unknowns: Set<String>

        var testDescription: String { machine }
    }

    /// What the usual board shows while its IOMMU is on: its switch has no ACS, and QEMU resets three of its devices with the
    /// whole machine only.
    static let board: Set<String> = ["group-quality", "reset-methods"]

    static let expected: [Expected] = [
        // Whether /dev/vfio will be usable can be seen only after vfio was loaded.
        Expected(machine: "intel", ready: "yes", reason: "none", problems: board, unknowns: ["vfio-nodes"]),
        Expected(machine: "amd", ready: "yes", reason: "none", problems: board, unknowns: ["vfio-nodes"]),
        Expected(
            machine: "no-table",
            ready: "no",
            reason: "firmware-off",
            problems: ["iommu-firmware", "iommu-groups", "kernel-arguments"],
            unknowns: ["iommu-argument", "interrupt-remapping", "vfio-nodes"]
        ),
        Expected(
            machine: "no-kernel",
            ready: "no",
            reason: "kernel-without",
            problems: ["iommu-kernel", "iommu-groups"],
            unknowns: ["iommu-argument", "interrupt-remapping", "vfio-nodes"]
        ),
        Expected(
            machine: "switched-off",
            ready: "no",
            reason: "switched-off",
            problems: ["iommu-argument", "iommu-groups", "kernel-arguments"],
            // The kernel remaps interrupts all the same.
            unknowns: ["vfio-nodes"]
        ),
        Expected(
            machine: "not-booted",
            ready: "no",
            reason: "not-booted",
            problems: ["iommu-argument", "iommu-groups", "kernel-arguments"],
            unknowns: ["vfio-nodes"]
        ),
        Expected(
            machine: "no-vfio",
            ready: "no",
            reason: "module-missing",
            problems: board.union(["vfio-modules", "vfio-nodes"]),
            unknowns: []
        ),
        // The table does not offer interrupt remapping: that, too, is the firmware's to switch on.
        Expected(
            machine: "no-intremap",
            ready: "no",
            reason: "firmware-off",
            problems: board.union(["interrupt-remapping"]),
            unknowns: ["vfio-nodes"]
        ),
    ]

    @Test(arguments: expected)
    func answer(_ expected: Expected) throws {
        let doctor = try Results.object(expected.machine, "doctor.json")
        #expect(doctor["schema"] as? String == "passthru/doctor/1")
        #expect(doctor["ready"] as? String == expected.ready)
        #expect(doctor["reason"] as? String == expected.reason)
        let findings = try #require(doctor["findings"] as? [[String: Any]])
        func ids(_ verdict: String) -> Set<String> {
            Set(findings.filter { $0["verdict"] as? String == verdict }.compactMap { $0["id"] as? String })
        }
        #expect(ids("problem") == expected.problems)
        #expect(ids("unknown") == expected.unknowns)
        #expect(try Results.text(expected.machine, "doctor.json.status") == (expected.ready == "yes" ? "0\n" : "1\n"))
        for finding in findings where finding["verdict"] as? String == "problem" {
            #expect(finding["remedy"] is String, "\(finding["id"] ?? "") says what to do")
            #expect(finding["actor"] is String, "\(finding["id"] ?? "") says who must act")
        }
    }
}
