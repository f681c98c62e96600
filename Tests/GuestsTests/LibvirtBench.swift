import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// Edits of the corpus, by the names of its files.
protocol LibvirtBench {}

extension LibvirtBench {
    static var bookworm: Hypervisor { Versions.bookworm }

    func document(_ name: String) throws -> DomainDocument {
        try DomainDocument(DomainFile.named(name).bytes)
    }

    /// The lines that an edit adds to a document of the corpus, without their indentation.
    func added(
        _ devices: [GuestDevice],
        to name: String,
        _ requirements: [GuestRequirement] = [],
        for hypervisor: Hypervisor = Versions.bookworm
    ) throws -> [String] {
        var document = try document(name)
        let before = Set(document.bytes.string.split(separator: "\n"))
        _ = try document.attach(devices, requirements: requirements, for: hypervisor)
        return document.bytes.string.split(separator: "\n").filter { !before.contains($0) }
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func error(
        _ devices: [GuestDevice],
        in name: String,
        _ requirements: [GuestRequirement] = [],
        for hypervisor: Hypervisor = Versions.bookworm
    ) throws -> DomainError? {
        var document = try document(name)
        let before = document
        do throws(DomainError) {
            _ = try document.attach(devices, requirements: requirements, for: hypervisor)
            return nil
        } catch {
            #expect(document == before)
            return error
        }
    }

    /// Where each own device stands, and whether its slot is told to hold several: `0f:00.0+`.
    func places(_ document: DomainDocument) -> [String: String] {
        var places: [String: String] = [:]
        for device in document.hostDevices {
            guard let key = device.key, let address = device.guestAddress, let element = document.element(key) else {
                continue
            }
            let text = "\(hex(address.bus, width: 2)):\(hex(address.slot, width: 2)).\(address.function)"
            places[key] = text + (element.string.contains("multifunction='on'") ? "+" : "")
        }
        return places
    }
}

extension DomainError.Reason {
    var isTooOld: Bool {
        if case .tooOld = self { return true }
        return false
    }

    var isAddressTaken: Bool {
        if case .addressTaken = self { return true }
        return false
    }
}
