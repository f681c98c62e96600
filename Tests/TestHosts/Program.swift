import Foundation

/// The built program, run as a person runs it.
public struct Program: Sendable {
    public var status: Int32
    public var output: String
    public var error: String

    public struct NotBuilt: Error, CustomStringConvertible {
        public let description: String
    }

    /// Beside the bundle of the tests that run now.
    public static let path: String? = {
        let executable = CommandLine.arguments.first.map { URL(filePath: $0).resolvingSymlinksInPath() }
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [
            executable?.deletingLastPathComponent(), try? FileManager.default.url(forLink: "/proc/self/exe"),
            sources.appending(path: ".build/debug"),
        ]
        return folders.compactMap { $0?.appending(path: "passthru").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Runs it with the environment's words of language taken out, at most a minute.
    ///
    /// - Parameters:
    ///   - input: what a file on standard input holds; without it that is /dev/null, or what `standardInput` says.
    ///   - redirection: how a shell starts it, such as `<&-`.
    public static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil,
        standardInput: FileHandle? = nil,
        redirection: String? = nil
    ) throws -> Program {
        guard let path else { throw NotBuilt(description: "the program passthru is not beside the tests") }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let redirection {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "exec \"$0\" \"$@\" \(redirection)", path] + arguments
        }
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        // Files, not pipes: neither side has to be emptied while the other is filled.
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let output = try sandbox.open("output")
        let error = try sandbox.open("error")
        process.standardOutput = output
        process.standardError = error
        process.standardInput = standardInput ?? FileHandle.nullDevice
        if let input {
            let file = sandbox.folder.appending(path: "input")
            try input.write(to: file, atomically: true, encoding: .utf8)
            process.standardInput = try FileHandle(forReadingFrom: file)
        }
        try process.run()
        process.waitUntilExit()
        // A signal counts as a shell counts it, so that a crash never looks like an exit status of ours.
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return Program(status: status, output: try sandbox.read("output"), error: try sandbox.read("error"))
    }
}

extension FileManager {
    fileprivate func url(forLink path: String) throws -> URL {
        URL(filePath: try destinationOfSymbolicLink(atPath: path)).deletingLastPathComponent()
    }
}

/// A folder of its own for one test.
public struct Sandbox: Sendable {
    public let folder: URL

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "passthru-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    public func remove() { try? FileManager.default.removeItem(at: folder) }

    /// Writes the machine as a folder; returns where.
    public func write(_ host: TestHost, as name: String = "host") throws -> String {
        let place = folder.appending(path: name)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try host.write(to: place)
        return place.path
    }

    /// Writes bytes as a file; returns where.
    public func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
        let place = folder.appending(path: name)
        try Data(bytes).write(to: place)
        return place.path
    }

    func open(_ name: String) throws -> FileHandle {
        let place = folder.appending(path: name)
        try Data().write(to: place)
        return try FileHandle(forWritingTo: place)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }
}
