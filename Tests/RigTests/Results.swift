import Foundation
import Testing

/// What the machines of the rig left behind: `Scripts/test` boots them and names the folder in `PASSTHRU_RIG_RESULTS`.
enum Results {
    static let folder = ProcessInfo.processInfo.environment["PASSTHRU_RIG_RESULTS"]
    static let isThere = folder != nil

    static func path(_ machine: String, _ file: String) -> String {
        "\(folder ?? "")/\(machine)/\(file)"
    }

    static func data(_ machine: String, _ file: String) throws -> Data {
        try Data(contentsOf: URL(filePath: path(machine, file)))
    }

    static func text(_ machine: String, _ file: String) throws -> String {
        String(decoding: try data(machine, file), as: UTF8.self)
    }

    static func object(_ machine: String, _ file: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: data(machine, file)) as? [String: Any])
    }

    /// The program under test: the static one that ran inside the machines.
    static let program = ProcessInfo.processInfo.environment["PASSTHRU_BINARY"] ?? "dist/passthru"

    /// Runs a program of this machine; returns status and standard output.
    static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
