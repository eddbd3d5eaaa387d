package import DPO
package import Foundation
package import PPO
package import RewardModeling
package import SupervisedFineTuning
package import Tasks
package import Training
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

/// The settings of one training, which know their own constraints.
package protocol StageSettings: DefaultedSettings, Sendable {
  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError)
}

extension SFTConfiguration: StageSettings {}
extension RewardConfiguration: StageSettings {}
extension PPOConfiguration: StageSettings {}
extension DPOConfiguration: StageSettings {}

extension StageSettings {
  /// Reads settings from a YAML file, and then from `key=value` words, over the documented defaults.
  package init(file: URL?, overrides: [String]) throws {
    let lines = try overrides.map(yamlLine).joined(separator: "\n")
    let words = try SettingsFile(yaml: lines, file: SourceLocation.commandLine)
    let settings = try file.map(Self.settingsFile)
    var defaults = Self.defaults(namedBy: [words, settings].compactMap(\.self))
    if let settings { defaults = try Self.read(settings, over: defaults) }
    self = try Self.read(words, over: defaults)
  }

  private static func settingsFile(_ file: URL) throws -> SettingsFile {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw MissingInput(path: file.path, remedy: "write a YAML file of `key: value` lines")
    }
    return try SettingsFile(yaml: text, file: file.relativePath)
  }

  /// The defaults that the first of the sources names which names any.
  private static func defaults(namedBy sources: [SettingsFile]) -> Self {
    guard let type = Self.self as? any PresetSettings.Type else { return Self() }
    let preset = type.init { key in
      sources.lazy.compactMap { $0.root.mapping?[key]?.string }.first
    }
    return preset as? Self ?? Self()
  }

  private static func read(_ settings: SettingsFile, over defaults: Self) throws -> Self {
    let value = try settings.decode(over: defaults)
    try settings.locating { try value.validate() }
    return value
  }
}

/// `key=value` as a line of YAML.
private func yamlLine(_ word: String) throws(SpecificationError) -> String {
  let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
    throw .syntax(
      "'\(word)' is not of the form key=value", at: SourceLocation(file: SourceLocation.commandLine)
    )
  }
  return "\(parts[0]): \(parts[1])"
}

// Every trainer documents a default for each of its settings.
extension TaskConfiguration: DefaultedSettings {
  /// The default task with its defaults.
  package init() { self.init(name: .aspectReviews) }
}
extension SFTConfiguration: DefaultedSettings {}
extension RewardConfiguration: DefaultedSettings {}
extension PPOConfiguration: PresetSettings {
  /// The names of all settings.
  static var keys: [String] { settings.map(\.key) }

  /// The defaults of an algorithm and a dialect; nil if neither is named, or one is misspelt.
  init?(preset written: (_ key: String) -> String?) {
    let algorithm = written("algorithm")
    let dialect = written("dialect")
    guard algorithm != nil || dialect != nil,
      let algorithm = PolicyOptimizer(rawValue: algorithm ?? PolicyOptimizer.ppo.rawValue),
      let dialect = PPODialect(rawValue: dialect ?? PPODialect.tandem.rawValue)
    else { return nil }
    self.init(algorithm: algorithm, dialect: dialect)
  }
}
extension DPOConfiguration: DefaultedSettings {}
extension OnlineDPOConfiguration: DefaultedSettings {}
