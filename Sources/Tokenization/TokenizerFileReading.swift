public import Foundation

/// Reads a tokenizer from the `tokenizer.json` and `tokenizer_config.json` of a folder.
///
/// Read are word vocabularies split at white space and byte-level byte-pair encodings, whatever
/// their numbering, as long as they name a begin, an end and a pad token, all different.
public func readTokenizer(from folder: URL) throws(TokenizationError) -> any Tokenizer {
  let url = folder.appending(path: TokenizerFile.tokenizer)
  let document = try read(TokenizerDocument.self, from: url)
  let names = try read(
    SpecialNames.self, from: folder.appending(path: TokenizerFile.configuration))
  do throws(MalformedTokenizer) {
    switch document.model.type {
    case "WordLevel": return try WordVocabulary(document, names)
    case "BPE": return try BytePairEncoding(document, names)
    case let type:
      throw MalformedTokenizer(reason: "model type '\(type)'; WordLevel and BPE are read")
    }
  } catch {
    throw .malformedFile(path: url.path, reason: error.reason)
  }
}

/// The parts of `tokenizer.json` that we act on.
private struct TokenizerDocument: Decodable {
  struct Part: Decodable {
    var type: String
    var addPrefixSpace: Bool?
    var usesExpression: Bool?

    enum CodingKeys: String, CodingKey {
      case type
      case addPrefixSpace = "add_prefix_space"
      case usesExpression = "use_regex"
    }
  }
  struct Model: Decodable {
    var type: String
    var vocabulary: [String: Int]
    var merges: [MergeSpelling]?

    enum CodingKeys: String, CodingKey {
      case type, merges
      case vocabulary = "vocab"
    }
  }
  struct AddedToken: Decodable {
    var id: Int
    var content: String
  }

  var addedTokens: [AddedToken]
  var normalizer: Part?
  var preTokenizer: Part?
  var model: Model

  enum CodingKeys: String, CodingKey {
    case normalizer, model
    case addedTokens = "added_tokens"
    case preTokenizer = "pre_tokenizer"
  }

  /// Every token by id: those of the model and those added to it.
  func tokens() throws(MalformedTokenizer) -> [String] {
    guard normalizer == nil else {
      throw MalformedTokenizer(reason: "a normalizer changes texts; only files without are read")
    }
    var ids = model.vocabulary
    for token in addedTokens { ids[token.content] = token.id }
    let sorted = ids.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for (expected, entry) in sorted.enumerated() where entry.value != expected {
      throw MalformedTokenizer(
        reason: "ids must be 0…\(sorted.count - 1), each once; '\(entry.key)' has \(entry.value)")
    }
    return sorted.map(\.key)
  }
}

/// A merge as `["t", "h"]` or, in older files, as `"t h"`.
private struct MergeSpelling: Decodable {
  var left, right: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts =
      if let line = try? container.decode(String.self) {
        line.split(separator: " ").map(String.init)
      } else {
        try container.decode([String].self)
      }
    guard parts.count == 2 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a merge joins two tokens, not \(parts.count)")
    }
    (left, right) = (parts[0], parts[1])
  }
}

/// The special tokens that `tokenizer_config.json` names, as text or as an object with `content`.
private struct SpecialNames: Decodable {
  struct Name: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      struct Described: Decodable { var content: String }
      let container = try decoder.singleValueContainer()
      if let plain = try? container.decode(String.self) {
        text = plain
      } else {
        text = try container.decode(Described.self).content
      }
    }
  }

  var pad, begin, end: Name?

  enum CodingKeys: String, CodingKey {
    case pad = "pad_token"
    case begin = "bos_token"
    case end = "eos_token"
  }

  func ids(in tokens: [String]) throws(MalformedTokenizer) -> (pad: Int, begin: Int, end: Int) {
    func id(_ name: Name?, _ key: CodingKeys) throws(MalformedTokenizer) -> Int {
      guard let text = name?.text, let id = tokens.firstIndex(of: text) else {
        throw MalformedTokenizer(
          reason: "\(TokenizerFile.configuration) must give a '\(key.rawValue)' of the vocabulary")
      }
      return id
    }
    let ids = (pad: try id(pad, .pad), begin: try id(begin, .begin), end: try id(end, .end))
    guard ids.pad != ids.end, ids.pad != ids.begin, ids.begin != ids.end else {
      throw MalformedTokenizer(reason: "pad, begin and end token must be three different tokens")
    }
    return ids
  }
}

/// Why a file is not a tokenizer that we read.
private struct MalformedTokenizer: Error { var reason: String }

extension WordVocabulary {
  fileprivate init(
    _ document: TokenizerDocument, _ names: SpecialNames
  ) throws(MalformedTokenizer) {
    guard document.preTokenizer?.type == "WhitespaceSplit" else {
      throw MalformedTokenizer(reason: "a word vocabulary must have the WhitespaceSplit tokenizer")
    }
    let tokens = try document.tokens()
    let special = try names.ids(in: tokens)
    self.init(
      tokens: tokens, ids: Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices)),
      pad: special.pad, begin: special.begin, end: special.end)
  }
}

extension BytePairEncoding {
  fileprivate init(
    _ document: TokenizerDocument, _ names: SpecialNames
  ) throws(MalformedTokenizer) {
    let spellings = document.model.merges ?? []
    guard let splitter = document.preTokenizer, splitter.type == "ByteLevel",
      splitter.addPrefixSpace == false, splitter.usesExpression ?? true || spellings.isEmpty
    else {
      throw MalformedTokenizer(
        reason: "the pre-tokenizer must be ByteLevel with its expression and no prefix space")
    }
    let tokens = try document.tokens()
    let special = try names.ids(in: tokens)
    let ids = Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices))
    func id(_ spelling: String) throws(MalformedTokenizer) -> Int {
      guard let id = ids[spelling] else {
        throw MalformedTokenizer(reason: "'\(spelling)' is needed and not in the vocabulary")
      }
      return id
    }
    var merges: [Merge] = []
    var merged: [Int] = []
    for merge in spellings {
      merges.append(Merge(left: try id(merge.left), right: try id(merge.right)))
      merged.append(try id(merge.left + merge.right))
    }
    var byteTokens: [Int] = []
    for character in ByteAlphabet.characters { byteTokens.append(try id(String(character))) }
    let added = Set(document.addedTokens.map(\.content))
    self.init(
      tokenBytes: tokens.map { added.contains($0) ? [] : ByteAlphabet.bytes(of: $0) ?? [] },
      byteTokens: byteTokens, merges: merges, mergedTokens: merged,
      pad: special.pad, begin: special.begin, end: special.end)
  }
}

private func read<Value: Decodable>(
  _: Value.Type, from url: URL
) throws(TokenizationError) -> Value {
  let data: Data
  do { data = try Data(contentsOf: url) } catch {
    throw .inaccessibleFile(
      path: url.path, reason: "cannot be read: \(error.localizedDescription)")
  }
  do { return try JSONDecoder().decode(Value.self, from: data) } catch {
    throw .malformedFile(path: url.path, reason: sentence(for: error))
  }
}

private func sentence(for error: any Error) -> String {
  func place(_ context: DecodingError.Context, _ last: [any CodingKey] = []) -> String {
    (context.codingPath + last).map(\.stringValue).joined(separator: ".")
  }
  switch error {
  case DecodingError.keyNotFound(let key, let context):
    return "the key '\(place(context, [key]))' is missing"
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
    return "'\(place(context))' has a value of the wrong type"
  case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
    return "'\(place(context))': \(context.debugDescription)"
  default: return "not valid JSON"
  }
}
