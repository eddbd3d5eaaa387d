import Tasks
import Testing

@Suite struct CSVReaderTests {
  private func records(_ text: String) throws -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var records: [[String]] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  @Test(arguments: [
    ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
    ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
    ("\"a, b\",c\n", [["a, b", "c"]]),
    ("\"say \"\"so\"\"\",x\n", [["say \"so\"", "x"]]),
    ("\"two\nlines\",x\ny,z", [["two\nlines", "x"], ["y", "z"]]),
    (",\n\"\",x", [["", ""], ["", "x"]]),
    ("é,\"ü\"", [["é", "ü"]]),
    ("", []),
  ])
  func readsQuotedFields(text: String, expected: [[String]]) throws {
    #expect(try records(text) == expected)
  }

  @Test func aQuoteThatNeverClosesIsNamedByItsLine() {
    #expect(throws: CSVReader.Failure(line: 2, what: "a quote opens here and never closes")) {
      try records("a,b\nc,\"d\n\n")
    }
  }

  @Test func textBehindAClosingQuoteIsAnError() {
    #expect(throws: CSVReader.Failure(line: 1, what: "text follows a closing quote")) {
      try records("\"a\"b,c")
    }
  }

  @Test func linesAreCountedInsideQuotes() throws {
    var reader = CSVReader(Array("\"a\nb\",c\nd,e\n".utf8))
    _ = try reader.next()
    #expect(reader.line == 3)
  }
}
