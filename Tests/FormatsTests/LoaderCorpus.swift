import Foundation
import Testing

@testable import Formats

/// One file of the folder Loaders: real-shaped loader files, whose names say what they show.
struct LoaderFile: CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }

    /// All files of a kind, such as "grub.cfg", by name.
    static func all(_ kind: String, in folder: String = "") -> [LoaderFile] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Loaders/" + folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path())) ?? []
        return names.filter { $0.hasSuffix("." + kind) }.sorted().compactMap { name in
            (try? Data(contentsOf: root.appending(path: name))).map { LoaderFile(name: name, bytes: Array($0)) }
        }
    }

    /// One file.
    static func named(_ name: String, in folder: String = "") throws -> [UInt8] {
        let kind = name.split(separator: ".").dropFirst().joined(separator: ".")
        return try #require(all(kind, in: folder).first { $0.name == name }, "Loaders/\(folder)\(name)").bytes
    }
}

/// A program of another project that judges our files.
struct Judge {
    let path: String

    /// - Returns: nil if it is not installed, which is a failure: nothing is judged then.
    static func find(_ program: String, package: String) -> Judge? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let path = folders.map { "\($0)/\(program)" }.first(where: isInstalled)
        if path == nil { Issue.record("NOT JUDGED: \(program) is not installed (package \(package))") }
        return path.map(Judge.init)
    }

    /// Runs it; its exit status and all that it printed.
    func run(_ arguments: [String]) throws -> (status: Int32, output: [UInt8]) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return (process.terminationStatus, bytes)
    }

    /// Whether grub-script-check takes a file; as GRUB's file reader, without carriage returns.
    func takes(_ script: [UInt8], in folder: URL) throws -> Bool {
        let file = folder.appending(path: "judged.cfg")
        try Data(script.filter { $0 != UInt8(ascii: "\r") }).write(to: file)
        let (status, output) = try run([file.path()])
        return status == 0 || String(decoding: output, as: UTF8.self).contains("contains no commands")
    }
}

/// The numbers of the lines, from 1, in which two texts with as many lines differ; nil if the counts differ.
func differingLines(_ left: [UInt8], _ right: [UInt8]) -> Set<Int>? {
    let lines = [left, right].map { $0.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) }
    guard lines[0].count == lines[1].count else { return nil }
    return Set(lines[0].indices.filter { lines[0][$0] != lines[1][$0] }.map { $0 + 1 })
}
