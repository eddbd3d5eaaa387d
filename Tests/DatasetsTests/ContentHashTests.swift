import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct ContentHashTests {
  /// Known answers of FIPS 180-2, appendix B.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func hashesAreTheKnownAnswers(text: String, expected: String) {
    #expect(sha256(of: text) == expected)
    #expect(sha256(of: Data(text.utf8)) == expected)
  }

  @Test func aFileHashesLikeItsBytes() throws {
    try inTemporaryFolder { folder in
      let url = folder.appending(path: "million")
      try Data(repeating: UInt8(ascii: "a"), count: 1_000_000).write(to: url)
      let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      #expect(try sha256(ofFile: url) == million)
      // Several pieces of a mebibyte.
      let data = Data((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 7 / 5) })
      try data.write(to: url)
      #expect(try sha256(ofFile: url) == sha256(of: data))
    }
  }

  @Test func aMissingFileIsNamed() {
    #expect(
      throws: DataError.unreadable(path: "/nowhere/x", reason: "No such file or directory")
    ) {
      try sha256(ofFile: URL(filePath: "/nowhere/x"))
    }
  }
}
