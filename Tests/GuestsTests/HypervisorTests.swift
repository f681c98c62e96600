import Guests
import Testing

@Suite struct HypervisorTests {
    @Test(arguments: [
        ("9.0.0", SoftwareVersion(9, 0, 0)), ("7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)", SoftwareVersion(7, 2, 22)),
        ("11.1", SoftwareVersion(11, 1)),
    ]) func versions(text: String, version: SoftwareVersion) { #expect(SoftwareVersion(text) == version) }

    @Test(arguments: ["", "9", "v9.0", ".9.0", "99999999999999999999.1"]) func noVersions(text: String) {
        #expect(SoftwareVersion(text) == nil)
    }

    @Test func order() { #expect(SoftwareVersion(8, 2) < SoftwareVersion(10, 0, 1)) }
}
