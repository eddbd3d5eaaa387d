/// A value of a document together with the keys that lead to it, for errors that name them.
///
///     let model = try JSONField(document).required("model")
///     let type = try model.required("type").string      // or: 'model.type' is a number, not a string
///     let dropout = try model.member("dropout")?.double // nil where it is missing or null
package struct JSONField {
  package let value: JSONValue
  private let parent: String
  private let step: Step

  /// The last step of a path, which becomes text only where an error needs it.
  private enum Step {
    case none
    case key(String)
    case place(Int)
  }

  /// A whole document.
  package init(_ document: JSONValue) { self.init(document, parent: "", step: .none) }

  private init(_ value: JSONValue, parent: String, step: Step) {
    (self.value, self.parent, self.step) = (value, parent, step)
  }

  /// The keys and places from the top, as in `model.merges[3]`; empty for the document itself.
  package var path: String {
    switch step {
    case .none: parent
    case .key(let key): parent.isEmpty ? key : "\(parent).\(key)"
    case .place(let place): "\(parent)[\(place)]"
    }
  }

  /// The value under a key of an object; nil where it is missing or null.
  package func member(_ key: String) throws(JSONError) -> JSONField? {
    for member in try members where member.key == key {
      return member.value == .null ? nil : field(key, member.value)
    }
    return nil
  }

  /// The value under a key that an object must have.
  package func required(_ key: String) throws(JSONError) -> JSONField {
    for member in try members where member.key == key { return field(key, member.value) }
    throw JSONError(.missing(path: field(key, .null).path))
  }

  private func field(_ key: String, _ value: JSONValue) -> JSONField {
    JSONField(value, parent: path, step: .key(key))
  }

  /// The error of a value that breaks a rule of its own, as in `is 3; only 1 and 2 are supported`.
  package func invalid(_ predicate: String) -> JSONError {
    JSONError(.invalid(path: path, predicate: predicate))
  }

  /// The value as what a key calls for, or the error that it is something else.
  private func cast<Result>(_ result: Result?, _ expected: String) throws(JSONError) -> Result {
    guard let result else {
      throw JSONError(.wrongKind(path: path, expected: expected, found: value.kind))
    }
    return result
  }
}

extension JSONField {
  package var string: String {
    get throws(JSONError) { try cast(value.string, "a string") }
  }

  package var boolean: Bool {
    get throws(JSONError) { try cast(value.boolean, "true or false") }
  }

  package var double: Double {
    get throws(JSONError) { try cast(value.double, "a number") }
  }

  package var integer: Int {
    get throws(JSONError) { try cast(value.integer(), "a whole number") }
  }

  package var members: [JSONValue.Member] {
    get throws(JSONError) {
      if case .object(let members) = value { return members }
      return try cast(nil, "an object")
    }
  }

  /// The elements of a list, each with its place.
  package var elements: [JSONField] {
    get throws(JSONError) {
      let path = path
      return try cast(value.array, "a list").enumerated().map {
        JSONField($0.element, parent: path, step: .place($0.offset))
      }
    }
  }

  /// The whole numbers of an object by their keys.
  package var integersByKey: [String: Int] {
    get throws(JSONError) {
      let members = try members
      var integers = [String: Int](minimumCapacity: members.count)
      for member in members {
        guard let integer = member.value.integer() else {
          return [member.key: try field(member.key, member.value).integer]
        }
        integers[member.key] = integer
      }
      return integers
    }
  }
}
