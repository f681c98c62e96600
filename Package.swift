// swift-tools-version: 6.2
// passthru: the floors of the house, lowest first. A target imports only from floors below it.
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "passthru",
    products: [.executable(name: "passthru", targets: ["passthru"])],
    traits: [
        .trait(name: "Web", description: "The web page and its HTTP door. Reserved: no target uses it yet.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        // Floor 0: what Swift cannot spell.
        .target(name: "CLinux", cSettings: [.unsafeFlags(["-Wall", "-Wextra"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        // Floor 1: the machine as files and programs, documents as values, words in two languages.
        .target(name: "Machine", dependencies: ["CLinux", system]),
        .target(name: "Formats", dependencies: ["CZlib", "CExpat"]),
        .target(name: "Wording"),
        // Floor 2: what there is.
        .target(name: "Inventory", dependencies: ["CLinux", "Machine", "Formats", "Wording", system]),
        // Floor 3: what it means, what can be done, how a guest says it.
        .target(name: "Readiness", dependencies: ["Inventory", "Formats", "Wording"]),
        .target(name: "Changes", dependencies: ["Inventory", "Machine", "Wording"]),
        .target(name: "Guests", dependencies: ["Inventory", "Formats", "Wording"]),
        // Floor 4: how each system does it, and doing it.
        .target(name: "Platforms", dependencies: ["Changes", "Formats", "Inventory", "Machine", "Wording", system]),
        .target(
            name: "Transactions",
            dependencies: ["Changes", "Formats", "Inventory", "Machine", "Wording", "CZlib", system]
        ),
        // Floor 5: deciding what to do.
        .target(
            name: "Planning",
            dependencies: ["Changes", "Inventory", "Readiness", "Formats", "Machine", "Wording"]
        ),
        // Floor 6: one file per verb.
        .target(
            name: "Operations",
            dependencies: [
                "Planning", "Transactions", "Platforms", "Changes", "Readiness", "Guests", "Inventory", "Formats",
                "Machine",
                "Wording",
                system,
            ]
        ),
        // Floor 7: thin doors.
        .executableTarget(
            name: "passthru",
            dependencies: [
                "Operations", "Readiness", "Planning", "Guests", "Inventory", "Formats", "Machine", "Wording",
                argumentParser,
            ]
        ),
        // Tests.
        .target(
            name: "TestHosts",
            dependencies: ["Machine", "Formats", system],
            path: "Tests/TestHosts",
            exclude: ["Captures", "Hosts", "SysfsOperations.txt"]
        ),
        .target(
            name: "TestPlans",
            dependencies: ["Planning", "Changes", "Inventory", "Machine", "Wording"],
            path: "Tests/TestPlans"
        ),
        // Programs that tests start in order to stop them half-way.
        .executableTarget(
            name: "transaction-probe",
            dependencies: ["TestPlans", "Transactions", "Inventory", "Machine", "Wording"],
            path: "Tests/TransactionProbe"
        ),
        .executableTarget(
            name: "kill-probe",
            dependencies: ["TestPlans", "TestHosts", "Transactions", "Changes", "Inventory", "Machine", "Wording"],
            path: "Tests/KillProbe"
        ),
        .executableTarget(name: "start-probe", dependencies: ["Machine", system], path: "Tests/StartProbe"),
        // System calls of the tests' own, which fail as a disk does.
        .target(name: "FaultyDisk", path: "Tests/FaultyDisk", cSettings: [.unsafeFlags(["-Wall", "-Wextra"])]),
        .testTarget(name: "MachineTests", dependencies: ["start-probe", "FaultyDisk", "Machine", "TestHosts", system]),
        .testTarget(name: "RigTests"),
        .testTarget(name: "FormatsTests", dependencies: ["Formats", "TestHosts"], exclude: ["Loaders"]),
        .testTarget(
            name: "InventoryTests",
            dependencies: ["Inventory", "Machine", "TestHosts"],
            exclude: ["ACPI/Tables", "ACPI/KernelLogs"]
        ),
        .testTarget(name: "ChangesTests", dependencies: ["Changes", "TestHosts"]),
        .testTarget(
            name: "GuestsTests",
            dependencies: ["Guests", "Inventory", "Formats", "Machine", "TestHosts", "Wording"],
            exclude: ["Domains"]
        ),
        .testTarget(name: "WordingTests", dependencies: ["Wording"]),
        .testTarget(
            name: "ReadinessTests",
            dependencies: ["Readiness", "Inventory", "Machine", "TestHosts", "Wording"]
        ),
        .testTarget(
            name: "PlanningTests",
            dependencies: ["Planning", "Changes", "Inventory", "Machine", "TestHosts", "Wording"]
        ),
        .testTarget(
            name: "TransactionsTests",
            dependencies: [
                "kill-probe", "Operations", "Platforms", "Transactions", "Planning", "Changes", "Inventory", "Machine",
                "TestHosts", "TestPlans", "Wording",
                system,
            ],
            exclude: ["Journals"]
        ),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Operations", "Transactions", "Changes", "Platforms", "Formats", "Readiness", "Planning", "Guests",
                "Inventory", "Machine", "TestHosts", "Wording",
            ],
            exclude: ["adopt-guide.txt"]
        ),
        .testTarget(
            name: "PlatformsTests",
            dependencies: [
                "passthru", "Operations", "Transactions", "Platforms", "Formats", "Changes", "Inventory", "Machine",
                "TestHosts", "Wording",
            ]
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["passthru", "TestHosts", "Formats", "Machine", "Wording"]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)

for target in package.targets
where target.type != .plugin && target.type != .system && !["CLinux", "FaultyDisk"].contains(target.name) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
