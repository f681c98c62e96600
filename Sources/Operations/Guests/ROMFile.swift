import Guests
import Machine

/// An expansion ROM that somebody brought.
enum ROMFile {
    static func brought(_ path: String, _ machine: Machine) -> BroughtROM {
        BroughtROM(path: path, contents: (try? machine.read(path, limit: 32 << 20)).map { ROMVerdict($0) })
    }
}
