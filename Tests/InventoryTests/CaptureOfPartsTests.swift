import Machine
import TestHosts
import Testing

@testable import Inventory

/// All that these readers say of one machine.
private struct Parts: Equatable {
    var network: NetworkInventory
    var storage: StorageInventory
    var usb: USBInventory
    var display: DisplayInventory
    var input: InputInventory
    var sound: SoundInventory
    var serial: SerialInventory

    init(_ machine: Machine) {
        network = .read(machine)
        storage = .read(machine)
        usb = .read(machine)
        display = .read(machine)
        input = .read(machine)
        sound = .read(machine)
        serial = .read(machine)
    }
}

@Suite("What was recorded reads the same")
struct CaptureOfPartsTests {
    private func expectSame(_ tree: any FileTree) {
        let recorder = RecordingTree(tree)
        let original = Parts(Machine(recorder))
        var copy = MemoryTree()
        for (path, node) in recorder.seen { copy.put(node, at: path) }
        let again = Parts(Machine(copy))
        #expect(again.network == original.network)
        #expect(again.storage == original.storage)
        #expect(again.usb == original.usb)
        #expect(again.display == original.display)
        #expect(again.input == original.input)
        #expect(again.sound == original.sound)
        #expect(again.serial == original.serial)
    }

    @Test func ofARouter() { expectSame(MemoryTree.from(routerManifest)) }
    @Test func ofAServer() { expectSame(MemoryTree.from(serverManifest)) }
    @Test func ofThisMachine() { expectSame(Machine.live.tree) }
    @Test func ofNothing() { expectSame(MemoryTree()) }
}

extension MemoryTree {
    /// Without the files that cannot be read: an archive keeps no errors.
    fileprivate static func from(_ manifest: String) -> MemoryTree { HostManifest.tree(manifest).base }
}
