import Foundation
import JSON
import Testing

@Suite struct JSONWriterTests {
  private let value: JSONValue = [
    "text": "a \"quoted\" \\ line\n\t\u{1}\u{1F} é 😀 /", "whole": 3, "fraction": 1.0,
    "small": 1e-05,
    "flags": [true, false, nil], "empty": .object([]), "none": .array([]),
    "nested": ["a": ["b": 1]], "rows": [["x", "y"], [1]],
  ]

  @Test func theCompactFormHasNoSpaces() {
    let expected =
      #"{"text":"a \"quoted\" \\ line\n\u0009\u0001\u001f é 😀 /","whole":3,"fraction":1.0,"#
      + #""small":1e-05,"flags":[true,false,null],"empty":{},"none":[],"nested":{"a":{"b":1}},"#
      + #""rows":[["x","y"],[1]]}"#
    #expect(value.compact == expected)
  }

  @Test func theIndentedFormHasOneMemberALine() {
    let value: JSONValue = [
      "a": 1, "list": ["x", 2], "inner": ["b": 1.5, "empty": .object([])],
      "rows": [["x", "y"], ["id": 1]], "none": .array([]),
    ]
    let expected = """
      {
        "a": 1,
        "list": ["x",2],
        "inner": {
          "b": 1.5,
          "empty": {}
        },
        "rows": [
          ["x","y"],
          {"id":1}
        ],
        "none": []
      }

      """
    #expect(String(decoding: JSONWriter.indented(value), as: UTF8.self) == expected)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    #expect(try JSONReader.value(in: JSONWriter.compact(value)) == value)
    #expect(try JSONReader.value(in: JSONWriter.indented(value)) == value)
  }

  @Test(arguments: [
    0.1, -0.0, 1e300, Double.leastNonzeroMagnitude, 1 / 3.0, 1e16, .infinity, -.infinity,
  ])
  func numbersComeBackToTheLastBit(number: Double) throws {
    let read = try JSONReader.value(in: JSONWriter.compact([.number(number)]))
    let found = try #require(read.array?.first?.double)
    #expect(found.bitPattern == number.bitPattern)
  }

  @Test(arguments: [Int128(Int64.min), Int128(UInt64.max), Int128(0), Int128(1) << 53 + 1])
  func wholeNumbersComeBack(whole: Int128) throws {
    #expect(try JSONReader.value(in: JSONWriter.compact(.integer(whole))) == .integer(whole))
  }

  @Test func foundationReadsTheSame() throws {
    struct Read: Decodable {
      var text: String
      var whole: Int
      var small: Double
      var flags: [Bool?]
      var nested: [String: [String: Int]]
    }
    let read = try JSONDecoder().decode(Read.self, from: Data(JSONWriter.indented(value)))
    #expect(read.text == value["text"]?.string)
    #expect(read.whole == 3 && read.small == 1e-5)
    #expect(read.flags == [true, false, nil])
    #expect(read.nested == ["a": ["b": 1]])
  }
}
