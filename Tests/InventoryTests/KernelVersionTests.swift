import Inventory
import Testing

@Suite struct KernelVersionTests {
    @Test(arguments: [
        ("6.1.0-28-amd64", "6.1"), ("5.15.158-2-pve", "5.15"), ("6.12.4-arch1-1", "6.12"), ("5.10.176", "5.10"),
        ("6.14-rc3", "6.14"), ("6.2", "6.2"),
    ])
    func theFirstTwoNumbersCount(_ release: String, _ version: String) {
        #expect(KernelVersion(release)?.description == version)
    }

    @Test(arguments: ["", "6", "generic", "6.", "x.1", "-6.1", "6.x1", "99999999999999999999.1"])
    func anythingElseIsNoVersion(_ release: String) {
        #expect(KernelVersion(release) == nil)
    }

    @Test func tenComesAfterNine() throws {
        let old = try #require(KernelVersion("5.4"))
        let new = try #require(KernelVersion("5.10"))
        #expect(old < new)
        #expect(new < (try #require(KernelVersion("6.0"))))
        #expect(!(new < new))
    }
}
