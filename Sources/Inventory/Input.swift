public import Machine

/// A keyboard, mouse or other input device (Documentation/input/input.rst).
public struct InputDevice: Codable, Sendable, Hashable, BelowFunction {
    /// `input5`.
    public var name: String
    public var functions: [String] = []
    /// What the device calls itself.
    @Nullable public var title: String?
    /// Has the keys of a typewriter.
    @Nullable public var isKeyboard: Bool?
    /// Moves a pointer and has a left button.
    @Nullable public var isMouse: Bool?
    /// Made by a program (uinput) or a driver of no device: nobody can type on it.
    public var isVirtual = false
    /// Its nodes in `/dev/input`: `event3`, `mouse0`.
    public var nodes: [String] = []
    public var unknown: [String: String] = [:]
}

/// The machine's input devices.
public struct InputInventory: Codable, Sendable, Hashable {
    public var devices: [InputDevice] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// Reads `/sys/class/input`; needs no root.
    public static func read(_ machine: Machine) -> Self {
        var input = Self()
        let names: [String]
        do throws(Unreadable) {
            names = try machine.classMembers("input")
        } catch {
            input.unknown["devices"] = error.reason
            return input
        }
        var nodes: [String: [String]] = [:]
        for name in names where !Sysfs.isNumbered(name, "input") {
            do throws(Unreadable) {
                guard let path = try machine.devicePathIfThere("/sys/class/input/" + name) else { continue }
                nodes[Machine.parent(of: path), default: []].append(name)
            } catch {
                input.unknown["nodes"] = error.reason
            }
        }
        for name in names where Sysfs.isNumbered(name, "input") {
            var device = InputDevice(name: name)
            var path = "/sys/class/input/" + name
            do throws(Unreadable) {
                path = try machine.devicePath(path)
                device.functions = Sysfs.functions(in: path)
                device.isVirtual = path.utf8.starts(with: "/sys/devices/virtual/".utf8)
            } catch {
                device.unknown["functions"] = error.reason
            }
            device.nodes = nodes[path] ?? []
            device.readCapabilities(machine, path)
            input.devices.append(device)
        }
        return input
    }
}

extension InputDevice {
    fileprivate mutating func readCapabilities(_ machine: Machine, _ path: String) {
        var folder = Attributes(machine, path)
        title = folder.text("name", "title")
        let keys = folder.text("capabilities/key", "isKeyboard", required: true).flatMap(Bits.init)
        let relative = folder.text("capabilities/rel", "isMouse", required: true).flatMap(Bits.init)
        // <linux/input-event-codes.h>: keys 1 to 31 are escape to S, 272 is BTN_LEFT; axes 0 and 1 are X and Y.
        if let keys { isKeyboard = (1..<32).allSatisfy(keys.contains) }
        if let keys, let relative { isMouse = keys.contains(272) && relative.contains(0) && relative.contains(1) }
        unknown.merge(folder.unknown) { $1 }
        if keys == nil { unknown["isMouse"] = unknown["isKeyboard"] }
    }

    /// A bit map as the input layer prints it: words of 64 bits, the most significant first, zeros at the front left out.
    private struct Bits {
        var words: [UInt64] = []

        init?(_ text: String) {
            for word in Lines.words(text).reversed() {
                guard let number = UInt64(word, radix: 16) else { return nil }
                words.append(number)
            }
        }

        func contains(_ bit: Int) -> Bool {
            bit / 64 < words.count && words[bit / 64] >> UInt64(bit % 64) & 1 == 1
        }
    }
}
