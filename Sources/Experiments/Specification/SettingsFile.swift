import Foundation
import Tasks
import Training
import Yams

/// A YAML text with the name under which complaints about it go.
struct SettingsFile {
  let root: Node
  let file: String

  /// Parses a text; an empty one stands for no settings.
  init(yaml: String, file: String) throws(SpecificationError) {
    self.file = file
    do {
      root = try compose(yaml: yaml) ?? [:]
    } catch let error as YamlError {
      throw SpecificationError(error, file: file)
    } catch {
      throw .syntax("\(error)", at: SourceLocation(file: file))
    }
  }

  /// The same file with a changed tree.
  init(root: Node, file: String) { (self.root, self.file) = (root, file) }

  /// Decodes the file over the documented defaults of a type.
  func decode<T: DefaultedSettings>(_ type: T.Type) throws -> T {
    try SettingsDecoder(written: root, fallback: nil, codingPath: [], file: file).decode(type)
  }

  /// Decodes the file over a value instead of the defaults.
  func decode<T: DefaultedSettings>(over value: T) throws -> T {
    try SettingsDecoder(
      written: root, fallback: fallbackNode(value), codingPath: [], file: file
    )
    .decode(T.self)
  }

  /// Gives a constraint's complaint the place of the key that broke it.
  func locating(_ path: String..., check: () throws -> Void) throws {
    do {
      try check()
    } catch let error as ConfigurationError {
      throw SpecificationError(error, under: deepest(path), file: file)
    } catch TaskConfigurationError.outOfRange(let key, let value, let allowed) {
      let error = ConfigurationError.outOfRange(key, value, allowed: allowed)
      throw SpecificationError(error, under: deepest(path), file: file)
    }
  }

  /// The deepest node there is along a path of keys and list positions.
  func deepest(_ path: [String]) -> Node {
    var node = root
    for step in path {
      let elements = node.sequence
      let next = elements.flatMap { list in
        Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil }
      }
      guard let inner = next ?? node.mapping?[step] else { return node }
      node = inner
    }
    return node
  }
}

extension SpecificationError {
  /// A constraint's complaint at the place of its key within a node.
  init(_ error: ConfigurationError, under node: Node?, file: String) {
    switch error {
    case .outOfRange(let key, let value, let allowed):
      let mark = node?.mapping?[key]?.mark ?? node?.mark
      self = .outOfRange(
        key: key, value: value, allowed: allowed, at: SourceLocation(file: file, mark: mark))
    case .unknownKey(let path, let known, let nearest):
      let place = SourceLocation(file: file, mark: node?.mark)
      self = .unknownKey(path, known: known, nearest: nearest, at: place)
    case .contradiction(let problem):
      self = .contradiction(problem, at: SourceLocation(file: file, mark: node?.mark))
    }
  }

  /// A parser's complaint without its drawing of the line.
  init(_ error: YamlError, file: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self = .syntax(problem, at: SourceLocation(file: file, mark: mark))
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.sorted().joined(separator: "', '")
      self = .syntax(
        "the key '\(names)' appears twice", at: SourceLocation(file: file, mark: context.mark))
    default: self = .syntax("\(error)", at: SourceLocation(file: file))
    }
  }
}
