// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct FileReaderTests {
    @Test func `a file is read whole, or not at all if it is too long or no text`() {
        let folder = TemporaryFolder()
        let path = folder.path + "/file"
        func text(_ content: [UInt8]) -> String? {
            writeFile(path, content)
            return FileReader.text(path)
        }
        #expect(text([]) == "")
        #expect(text(Array("a\nb".utf8)) == "a\nb")
        #expect(text([UInt8](repeating: 0x61, count: FileReader.bytesMax))?.utf8.count == FileReader.bytesMax)
        #expect(text([UInt8](repeating: 0x61, count: FileReader.bytesMax + 1)) == nil)
        #expect(text([0x61, 0xff]) == nil)
        #expect(FileReader.text(folder.path + "/none") == nil)
    }
}
