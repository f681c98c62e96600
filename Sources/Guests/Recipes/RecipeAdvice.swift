public import Inventory
public import Wording

/// What a guest's configuration should say of one device of the host, and why.
public struct RecipeAdvice: Sendable, Hashable, Encodable {
    /// The recipe's name in `guest-recipes.uci`.
    public var id: String
    public var title: Text
    /// What the device was taken for, such as a generation of graphics; null where the data knows no such device.
    @Nullable public var family: Text?
    /// The functions that the advice is for, those that it refuses included.
    public var functions: [PCIAddress]
    /// The same functions as the guest gets them; none where anything is refused.
    public var devices: [PCIGuestDevice] = []
    /// What the guest must be like beside.
    public var requirements: [GuestRequirement] = []
    /// Why the devices are given in this way.
    public var reasons: [Text] = []
    /// What may go wrong, and what to do about it.
    public var warnings: [Text] = []
    /// Why this cannot work; what would.
    public var refusals: [Text] = []

    public init(id: String, title: Text, functions: [PCIAddress]) {
        self.id = id
        self.title = title
        self.functions = functions
    }
}

/// An expansion ROM that a person brought for a guest.
public struct BroughtROM: Sendable, Hashable {
    /// Its path where the guest runs.
    public var path: String
    /// What is in it; nil when nobody looked.
    public var contents: ROMVerdict?

    public init(path: String, contents: ROMVerdict? = nil) {
        self.path = path
        self.contents = contents
    }
}
