internal import Formats
internal import Wording

extension DomainEdit {
    /// Puts `<video><model type='none'/></video>` in the place of the guest's displays as long as a device needs it so.
    ///
    /// - Parameter areLeaving: Whether the devices are taken away in this edit.
    mutating func videos(_ keys: [String], areNeeded: Bool, areLeaving: Bool = false) {
        let own = ownVideo
        let others = videos.filter { $0.element.alias != DomainMarks.videoAlias }
        var needing = (kept.videos?.keys ?? []).filter { !keys.contains($0) }
        if areNeeded { needing += keys }
        if needing.isEmpty {
            guard let record = kept.videos else { return }
            restore(record.texts, own, leaving: areLeaving ? Set(keys) : [])
            kept.videos = nil
        } else if own != nil {
            kept.videos = KeptParts.Videos(keys: needing.sorted(), texts: kept.videos?.texts ?? [])
        } else if others.isEmpty || others.contains(where: { $0.element.child("model")?["type"] != "none" }) {
            replace(others.map(\.element))
            kept.videos = KeptParts.Videos(
                keys: needing.sorted(),
                texts: others.map { String(decoding: document.bytes[$0.element.range], as: UTF8.self) }
            )
        }
    }

    private var videos: [(element: XMLElement, parent: XMLElement)] {
        document.root.children.filter { $0.name == "devices" && $0.namespace == nil }.flatMap { parent in
            parent.children.filter { $0.name == "video" }.map { ($0, parent) }
        }
    }

    private var ownVideo: (element: XMLElement, parent: XMLElement)? {
        videos.first { $0.element.alias == DomainMarks.videoAlias }
    }

    private static var none: XMLNode {
        XMLNode(
            "video",
            [:],
            [XMLNode("model", ["type": "none"]), XMLNode("alias", ["name": DomainMarks.videoAlias])]
        )
    }

    private mutating func replace(_ videos: [XMLElement]) {
        let parent = document.root.children.first { $0.name == "devices" && $0.namespace == nil }
        if let first = videos.first, let parent {
            editor.replace(first, of: parent, with: Self.none)
            for video in videos.dropFirst() {
                editor.replace(video.range, with: Array("<!--\(DomainMarks.videoPlace)-->".utf8))
            }
        } else {
            add([Self.none], to: parent, orMake: XMLNode("devices"))
        }
        done.append(.videoReplaced)
    }

    /// Puts the displays back where they were, as far as their places can still be told.
    private mutating func restore(
        _ texts: [String],
        _ own: (element: XMLElement, parent: XMLElement)?,
        leaving keys: Set<String>
    ) {
        let mark = Array("<!--\(DomainMarks.videoPlace)-->".utf8)
        var places = document.xml.comments.filter { document.bytes[$0].elementsEqual(mark) }
        guard let own else {
            for place in places { editor.replace(place, with: []) }
            return
        }
        done.append(.videoRestored)
        let videos = texts.map { Array(withoutTakenAddress($0, leaving: keys).utf8) }
        guard let first = videos.first else { return editor.remove([own.element], from: own.parent) }
        var bytes = first
        for video in videos.dropFirst() {
            if places.isEmpty {
                bytes += editor.style(in: own.parent).lead + video
            } else {
                editor.replace(places.removeFirst(), with: video)
            }
        }
        editor.replace(own.element.range, with: bytes)
    }

    /// A display without its address, if another device has got that since and keeps it.
    private func withoutTakenAddress(_ text: String, leaving keys: Set<String>) -> String {
        let bytes = Array(text.utf8)
        guard let video = try? XMLElement(document: bytes), let address = video.guestAddress,
            document.devices.contains(where: { device in
                device.guestAddress == address && device.ownKey.map(keys.contains) != true
            }), let element = video.child("address")
        else { return text }
        return String(
            decoding: bytes[..<element.startTag.lowerBound] + bytes[element.range.upperBound...],
            as: UTF8.self
        )
    }
}
