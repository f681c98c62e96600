// nametable IN OUT: turns pci.ids or usb.ids into the block that the binary embeds (see HardwareNames).
// swiftc -O Scripts/nametable.swift Sources/Formats/HardwareNames*.swift -o nametable
import Glibc

@main
enum NameTable {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else { stop("usage: nametable IN OUT", code: 64) }
        let block = HardwareNamesParser.parse(read(arguments[1]))
        guard let names = HardwareNames(block) else { stop("nametable: the block does not read back", code: 70) }
        if names.version.isEmpty {
            stop("nametable: \(arguments[1]) has no version line, is it pci.ids or usb.ids?", code: 65)
        }
        write(block, to: arguments[2])
        print("\(arguments[2]): \(names.kind) names, version \(names.version), \(block.count) bytes")
    }

    static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { stop("nametable: cannot read \(path)", code: 66) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 {
                break
            }
            bytes += buffer[..<count]
        }
        if ferror(file) != 0 {
            stop("nametable: cannot read \(path)", code: 74)
        }
        return bytes
    }

    static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "wb") else { stop("nametable: cannot write \(path)", code: 73) }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { stop("nametable: cannot write \(path)", code: 74) }
    }

    static func stop(_ message: String, code: Int32) -> Never {
        _ = (message + "\n").withCString { Glibc.write(2, $0, strlen($0)) }
        exit(code)
    }
}
