public import Machine

/// A sound card (ALSA).
public struct SoundCard: Codable, Sendable, Hashable, BelowFunction {
    /// `card0`.
    public var name: String
    public var functions: [String] = []
    /// ALSA's short name: `PCH`, `HDMI`.
    @Nullable public var title: String?
    @Nullable public var driver: String?
    public var unknown: [String: String] = [:]
}

/// The machine's sound cards.
public struct SoundInventory: Codable, Sendable, Hashable {
    public var cards: [SoundCard] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// Reads `/sys/class/sound`; needs no root.
    public static func read(_ machine: Machine) -> Self {
        var sound = Self()
        do throws(Unreadable) {
            for name in try machine.classMembers("sound") where Sysfs.isNumbered(name, "card") {
                var card = SoundCard(name: name)
                var path = "/sys/class/sound/" + name
                do throws(Unreadable) {
                    path = try machine.devicePath(path)
                    card.functions = Sysfs.functions(in: path)
                } catch {
                    card.unknown["functions"] = error.reason
                }
                var folder = Attributes(machine, path)
                card.title = folder.text("id", "title")
                card.driver = folder.linkName("device/driver", "driver")
                card.unknown.merge(folder.unknown) { $1 }
                sound.cards.append(card)
            }
        } catch {
            sound.unknown["cards"] = error.reason
        }
        return sound
    }
}
