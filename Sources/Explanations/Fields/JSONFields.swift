import Datasets
import Foundation
import LanguageModel
import Workbench

/// The members of a JSON object while they are read, with everything that is wrong with them.
struct JSONFields {
  let file: String
  private(set) var problems: [DataProblem] = []
  private(set) var members: [JSONValue.Member] = []

  /// Reads the contents of a file; the name appears in complaints.
  init(json: Data, file: String) {
    self.file = file
    let bytes = Array(json)
    do throws(JSONError) {
      guard case .object(let members) = try JSONParser.parse(bytes) else {
        complain("the document is no object '{…}'", "write {\"responses\": …} as --help says")
        return
      }
      self.members = members
    } catch {
      switch error {
      case .syntax(let byte, let reason):
        let line = bytes.prefix(byte).reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        complain(
          "this is not JSON: \(reason) at byte \(byte)", line: line,
          "write one object; NaN and Infinity are no JSON")
      case .duplicateKey(let key):
        complain("the key '\(key)' appears twice", "keep one of the two")
      }
    }
  }

  /// The members of an object within a file.
  init(members: [JSONValue.Member], file: String) { (self.members, self.file) = (members, file) }

  mutating func complain(_ what: String, line: Int = 0, _ remedy: String) {
    problems.append(DataProblem(file: file, line: line, what: what, remedy: remedy))
  }

  /// Takes over what is wrong with a part that was read by itself.
  mutating func add(_ problems: [DataProblem]) { self.problems += problems }

  /// Refuses members under any other key.
  mutating func refuseUnknown(known: [String]) {
    for key in members.map(\.key) where !known.contains(key) {
      let nearest = nearestName(to: key, among: known)
      complain(
        "unknown key '\(key)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
        "the keys are " + known.joined(separator: ", "))
    }
  }

  func value(_ key: String) -> JSONValue? {
    let value = members.first { $0.key == key }?.value
    return value == .null ? nil : value
  }

  func has(_ key: String) -> Bool { value(key) != nil }

  /// Complains about each of the keys that is missing.
  mutating func require(_ keys: String...) {
    for key in keys where !has(key) { complain("the key '\(key)' is missing", "add it") }
  }

  /// A number; nil if it is not there or no number.
  mutating func number(_ key: String) -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.double, number.isFinite else {
      complain("'\(key)' is no number", "write a number without quotes")
      return nil
    }
    return number
  }

  /// A whole number; nil if it is not there or none.
  mutating func whole(_ key: String) -> Int? {
    guard let number = number(key) else { return nil }
    guard let whole = Int(exactly: number) else {
      complain("'\(key)' is \(number)", "write a whole number")
      return nil
    }
    return whole
  }

  /// True or false; nil if it is not there or neither.
  mutating func flag(_ key: String) -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .boolean(let flag) = value else {
      complain("'\(key)' is neither true nor false", "write true or false without quotes")
      return nil
    }
    return flag
  }

  /// One of some words; nil if it is not there or none of them.
  mutating func word<Word: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Word.Type
  ) -> Word? where Word.RawValue == String {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value, let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    complain("'\(key)' is none of \(words)", "write one of them in quotes")
    return nil
  }

  /// A list of numbers; nil if it is not there, and empty if it is none.
  mutating func row(_ key: String) -> [Double]? {
    value(key).map { numbers($0, at: key) }
  }

  /// A list of lists of numbers.
  mutating func matrix(_ key: String) -> [[Double]]? {
    value(key).map { value in
      elements(value, at: key).enumerated().map { numbers($1, at: "\(key)[\($0)]") }
    }
  }

  /// A list of lists of lists of numbers.
  mutating func cube(_ key: String) -> [[[Double]]]? {
    value(key).map { value in
      elements(value, at: key).enumerated().map { i, slab in
        elements(slab, at: "\(key)[\(i)]").enumerated().map { j, row in
          numbers(row, at: "\(key)[\(i)][\(j)]")
        }
      }
    }
  }

  /// A list of lists of whole numbers.
  mutating func wholeMatrix(_ key: String) -> [[Int]]? {
    matrix(key)?.enumerated().map { i, row in
      row.enumerated().compactMap { j, number in
        let whole = Int(exactly: number)
        if whole == nil {
          complain("\(key)[\(i)][\(j)] is \(number)", "tokens are whole numbers")
        }
        return whole
      }
    }
  }

  private mutating func elements(_ value: JSONValue, at path: String) -> [JSONValue] {
    guard let elements = value.array else {
      complain("'\(path)' is no list", "write a list […]")
      return []
    }
    return elements
  }

  private mutating func numbers(_ value: JSONValue, at path: String) -> [Double] {
    elements(value, at: path).enumerated().compactMap { i, element in
      guard let number = element.double, number.isFinite else {
        complain("\(path)[\(i)] is no number", "write a number without quotes")
        return nil
      }
      return number
    }
  }
}
