internal import Formats

/// What must be known to take an edit back and that no alias can say: kept in the domain's `<metadata>`, which libvirt
/// leaves alone.
struct KeptParts: Hashable {
    /// The displays that gave way to `<video><model type='none'/></video>`.
    struct Videos: Hashable {
        /// The devices that need it so.
        var keys: [String]
        /// Each display as it was written, first of all the one whose place was taken.
        var texts: [String]
    }

    var videos: Videos?
    /// Capabilities of QEMU that were taken away from the domain for passthru.
    var withoutCapabilities: [String] = []

    var isEmpty: Bool { self == KeptParts() }

    init() {}

    /// What an element in `<metadata>` says.
    init(_ element: XMLElement) {
        if let videos = element.child("videos", in: DomainMarks.kept) {
            self.videos = Videos(
                keys: (videos["for"] ?? "").split(separator: " ").map(String.init),
                texts: videos.children.filter { $0.localName == "video" }.map(\.text)
            )
        }
        withoutCapabilities = element.children.filter { $0.localName == "without" }.compactMap { $0["capability"] }
    }

    var node: XMLNode {
        var children: [XMLNode] = []
        if let videos {
            children.append(
                XMLNode(
                    "passthru:videos",
                    ["for": videos.keys.joined(separator: " ")],
                    videos.texts.map { XMLNode("passthru:video", text: $0) }
                )
            )
        }
        children += withoutCapabilities.map { XMLNode("passthru:without", ["capability": $0]) }
        return XMLNode("passthru:kept", ["xmlns:passthru": DomainMarks.kept], children)
    }
}

extension DomainDocument {
    /// What an earlier edit kept.
    var keptElement: XMLElement? { part("metadata")?.child("kept", in: DomainMarks.kept) }
}
