import JSON
import Testing

@Suite struct JSONFieldTests {
  private let document = JSONField([
    "name": "x", "count": 3, "share": 0.5, "on": true, "off": nil,
    "model": ["vocab": ["a": 0, "b": 1], "merges": [["a", "b"], ["c", 4]]],
  ])

  private func refusal<Value>(_ read: () throws -> Value) throws -> String {
    let error = #expect(throws: JSONError.self) { _ = try read() }
    return try #require(error).what
  }

  @Test func valuesAreReadAsWhatTheKeyCallsFor() throws {
    #expect(try document.required("name").string == "x")
    #expect(try document.required("count").integer == 3)
    #expect(try document.required("count").double == 3)
    #expect(try document.required("share").double == 0.5)
    #expect(try document.required("on").boolean)
    #expect(try document.required("model").required("vocab").integersByKey == ["a": 0, "b": 1])
    #expect(try document.required("model").required("merges").elements.count == 2)
  }

  @Test func aMissingMemberAndNullAreNil() throws {
    #expect(try document.member("off") == nil)
    #expect(try document.member("nothing") == nil)
    #expect(try document.member("count")?.integer == 3)
  }

  @Test func errorsNameThePathOfKeys() throws {
    let model = try document.required("model")
    #expect(try refusal { try model.required("type") } == "the key 'model.type' is missing")
    #expect(try refusal { try document.required("off").string } == "'off' is null, not a string")
    #expect(
      try refusal { try model.required("merges").elements[1].elements[1].string }
        == "'model.merges[1][1]' is a number, not a string")
    #expect(
      try refusal { try model.required("merges").integersByKey }
        == "'model.merges' is a list, not an object")
    #expect(
      try refusal { try document.required("share").integer }
        == "'share' is a number, not a whole number")
    #expect(
      try refusal { try JSONField(["a": ["b": "x"]]).required("a").integersByKey }
        == "'a.b' is a string, not a whole number")
    #expect(
      try refusal { try JSONField([1]).required("a") } == "the document is a list, not an object")
    #expect(
      try refusal { throw try model.required("vocab").invalid("is too small") }
        == "'model.vocab' is too small")
  }
}
