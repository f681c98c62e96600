import Inventory
import Testing

@Suite struct PCIAddressTests {
    @Test(arguments: [
        ("0000:02:00.0", "0000:02:00.0"), ("02:1f.7", "0000:02:1f.7"), ("10000:E1:00.0", "10000:e1:00.0"),
        ("0:2:0.0", "0000:02:00.0"), ("ffffffff:ff:1f.7", "ffffffff:ff:1f.7"),
    ])
    func reads(_ text: String, _ printed: String) {
        #expect(PCIAddress(text)?.description == printed)
    }

    @Test(arguments: [
        "", ":", ".", "02:00", "00.0", "02.00.0", "02:00:0", "0000:02:00", "0000:02:00.8", "0000:02:20.0",
        "0000:002:00.0", "0000:02:000.0", "0000:02:00.00", "123456789:02:00.0", ":02:00.0", "0000::00.0",
        "0000:02:.0", "0000:02:00.", "0000:02:00.0.0", "0:0000:02:00.0", "0000:02:00.0 ", "0000:02:0g.0",
        "０000:02:00.0", "8086:10d3", "pcieport",
    ])
    func refuses(_ text: String) {
        #expect(PCIAddress(text) == nil)
    }
}
