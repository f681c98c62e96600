import Inventory

/// A known message, found in a line.
public struct MessageHit: Sendable, Hashable {
    /// The entry's place in the base.
    var entry: Int
    /// The line's number, from 1.
    public var number: Int
    /// The line as it reads without escapes, at most 300 bytes.
    public var line: String
    /// What stood in the template's holes.
    public var captures: [String: String]
    /// The device that the line is about.
    public var address: PCIAddress?
    var stamp: LogStamp
    /// Whether the line ended before the message did.
    public var isCut: Bool
    /// How much of the message's fixed words was there, of 1.
    var share: Double

    /// The IOMMU group that the message names.
    public var group: Int? { captures["group"].flatMap(Int.init) }
}
