import Foundation
import Testing

@testable import Formats

/// A folder that is gone afterwards.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "formats-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Runs a program; its standard output, or a failed requirement.
@discardableResult
func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = folder
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
    let messages = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) \(arguments): \(messages)")
    return bytes
}

func isInstalled(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
}

func bytes(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A small archive with every kind of member, made by our own writer.
func sampleArchive() throws -> [UInt8] {
    var writer = TarWriter()
    try writer.addDirectory("sys")
    try writer.addFile("sys/vendor", content: utf8("0x8086\n"))
    try writer.addSymbolicLink("sys/driver", target: "../proc/driver")
    try writer.addFile(String(repeating: "long/", count: 60) + "name", content: utf8("x"), mode: 0o600)
    try writer.addFile("empty", content: [])
    return writer.finish()
}
