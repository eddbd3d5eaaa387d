import Foundation
public import Tokenization

extension GGUFFile {
  /// The tokenizer inside the file: byte-level byte pairs, or pieces with scores.
  ///
  /// - Throws: `CheckpointError.malformedGGUF` with what is missing or not supported.
  public func tokenizer() throws(CheckpointError) -> any Tokenizer {
    do throws(GGUFError) {
      switch header.text("tokenizer.ggml.model") {
      case "gpt2": return try bytePairs()
      case "llama": return try pieces()
      case let other?: throw .unsupported(key: "tokenizer.ggml.model", value: other)
      case nil: throw .missingKey("tokenizer.ggml.model")
      }
    } catch {
      throw .malformedGGUF(file: url.path, error)
    }
  }

  /// The codes of `tokenizer.ggml.token_type`.
  private enum TokenType {
    static let unknown = 2
    static let control = 3
    static let userDefined = 4
    static let byte = 6
  }

  private func bytePairs() throws(GGUFError) -> ByteLevelVocabulary {
    let (tokens, types) = (try texts("tokens"), try tokenTypes())
    let added = tokens.indices.filter {
      [TokenType.control, TokenType.userDefined].contains(types[$0])
    }.map {
      AddedToken(id: $0, content: tokens[$0], isSpecial: types[$0] == TokenType.control)
    }
    var merges: [(left: String, right: String)] = []
    for merge in try texts("merges") {
      let parts = merge.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw .tokenizer(.missingToken(merge)) }
      merges.append((String(parts[0]), String(parts[1])))
    }
    let special = try specialTokens(of: tokens)
    let description = ByteLevelVocabulary.Description(
      spellings: tokens, added: added, merges: merges, steps: try steps(),
      opensPrompts: header.boolean("tokenizer.ggml.add_bos_token") ?? false,
      chatTemplate: header.text("tokenizer.chat_template"), pad: special.pad,
      begin: special.begin, end: special.end)
    do { return try ByteLevelVocabulary(description) } catch { throw .tokenizer(error) }
  }

  /// How the named pre-tokenizers of llama.cpp cut text.
  private func steps() throws(GGUFError) -> [SplittingStep] {
    switch header.text("tokenizer.ggml.pre") ?? "nothing" {
    case "gpt-2": return [.words]
    case "smollm": return [.digits, .words]
    case let other: throw .unsupported(key: "tokenizer.ggml.pre", value: other)
    }
  }

  private func pieces() throws(GGUFError) -> PieceEncoding {
    let (tokens, types) = (try texts("tokens"), try tokenTypes())
    guard case .array(let values) = header.metadata["tokenizer.ggml.scores"],
      values.count == tokens.count
    else { throw .missingKey("tokenizer.ggml.scores") }
    var scores: [Float] = []
    for value in values {
      guard case .number(let score) = value, score.isFinite else {
        throw .missingKey("tokenizer.ggml.scores")
      }
      scores.append(Float(score))
    }
    guard header.boolean("tokenizer.ggml.add_space_prefix") ?? true else {
      throw .unsupported(key: "tokenizer.ggml.add_space_prefix", value: "false")
    }
    let special = try specialTokens(of: tokens)
    let names = tokens.indices.filter {
      [TokenType.unknown, TokenType.control].contains(types[$0])
    }
    do {
      return try PieceEncoding(
        pieces: tokens, scores: scores, special: Set(names), pad: special.pad,
        begin: special.begin, end: special.end)
    } catch { throw .tokenizer(error) }
  }

  private func texts(_ name: String) throws(GGUFError) -> [String] {
    let key = "tokenizer.ggml.\(name)"
    guard case .array(let values) = header.metadata[key] else { throw .missingKey(key) }
    var texts: [String] = []
    for value in values {
      guard case .text(let text) = value else { throw .missingKey(key) }
      texts.append(text)
    }
    return texts
  }

  /// The type of every token.
  private func tokenTypes() throws(GGUFError) -> [Int] {
    let key = "tokenizer.ggml.token_type"
    let count = try texts("tokens").count
    guard case .array(let values) = header.metadata[key], values.count == count else {
      throw .missingKey(key)
    }
    return values.map { if case .integer(let type) = $0 { type } else { 0 } }
  }

  /// Special tokens by their ids; where the pad token ends texts too, the unknown one fills up rows.
  private func specialTokens(
    of tokens: [String]
  ) throws(GGUFError) -> (pad: Int, begin: Int, end: Int) {
    func id(_ name: String) throws(GGUFError) -> Int? {
      let key = "tokenizer.ggml.\(name)_token_id"
      guard let id = header.integer(key) else { return nil }
      guard tokens.indices.contains(id) else {
        throw .tokenizer(.idOutOfRange(key, id: id, count: tokens.count))
      }
      return id
    }
    guard let end = try id("eos") else { throw .missingKey("tokenizer.ggml.eos_token_id") }
    let fills = [try id("padding"), try id("unknown")].compactMap(\.self).first { $0 != end }
    return (pad: fills ?? end, begin: try id("bos") ?? end, end: end)
  }
}
