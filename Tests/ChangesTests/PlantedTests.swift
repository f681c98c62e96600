import Foundation
import Testing

/// Tests that go wrong when they are told to. `Scripts/selftest` tells them, and `Scripts/test` must then end red.
@Suite struct PlantedTests {
    /// What is planted: "failure" or "skip"; nothing in a run that counts.
    private static let planted = ProcessInfo.processInfo.environment["PASSTHRU_PLANT"]

    @Test func nothingIsPlanted() { #expect(Self.planted != "failure") }

    @Test(.disabled(if: planted == "skip")) func nothingIsLeftOut() {}
}
