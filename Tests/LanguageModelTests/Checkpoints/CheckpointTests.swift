import Autograd
import Foundation
import LanguageModel
import TensorKernels
import TestSupport
import Testing

private let tokens = SpecialTokens(begin: 1, end: 2, pad: 0)

private func names(in folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

@Suite struct CheckpointTests {
  @Test(arguments: [true, false])
  func languageModelsSurviveARoundTrip(tiedHead: Bool) throws {
    try inTemporaryFolder { folder in
      let model = tinyModel(tinyConfiguration(tiedHead: tiedHead), as: Float.self)
      let checkpoint = Checkpoint(folder: folder.appending(path: "deep/model"))
      try checkpoint.write(model, tokens: tokens, metadata: ["stage": "sft"])
      let read = try checkpoint.transformer()
      #expect(read.configuration == model.configuration)
      #expect(read.parameters.names == model.parameters.names)
      #expect(read.parameters.values == model.parameters.values)
      #expect(try checkpoint.kind() == .languageModel)
      #expect(try checkpoint.specialTokens() == tokens)
      #expect(try checkpoint.metadata()["stage"] == "sft")
      #expect(try checkpoint.metadata()["format"] == "pt")
    }
  }

  @Test func rewardModelsSurviveARoundTrip() throws {
    try inTemporaryFolder { folder in
      var model = ScalarModel(backbone: tinyModel(as: Float.self))
      model.parameters["score.weight"] = (0..<8).map(Float.init)
      let checkpoint = Checkpoint(folder: folder.appending(path: "reward"))
      try checkpoint.write(model, tokens: tokens)
      #expect(try checkpoint.scalarModel().parameters.values == model.parameters.values)
      #expect(try checkpoint.kind() == .rewardModel)
      #expect(throws: CheckpointError.self) { try checkpoint.transformer() }
    }
  }

  @Test func configurationHasTheKeysOfTransformers() throws {
    try inTemporaryFolder { folder in
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(tinyModel(as: Float.self), tokens: tokens)
      let json: HubFile = try decoded(checkpoint.folder, "config.json")
      #expect(json.architectures == ["LlamaForCausalLM"] && json.model_type == "llama")
      #expect(json.hidden_size == 8 && json.intermediate_size == 6)
      #expect(json.num_hidden_layers == 2 && json.num_attention_heads == 4)
      #expect(json.num_key_value_heads == 2 && json.head_dim == 2)
      #expect(json.max_position_embeddings == 32 && json.vocab_size == 7)
      #expect(json.rms_norm_eps == 1e-5 && json.rope_theta == 1e4)
      #expect(json.rope_parameters.rope_theta == 1e4)
      #expect(json.rope_parameters.rope_type == "default" && json.hidden_act == "silu")
      #expect(!json.attention_bias && !json.mlp_bias && json.attention_dropout == 0)
      #expect(json.tie_word_embeddings && json.dtype == "float32")
      #expect(json.bos_token_id == 1 && json.eos_token_id == 2 && json.pad_token_id == 0)
      #expect(json.id2label == nil && json.label2id == nil)
      let generation: GenerationFile = try decoded(checkpoint.folder, "generation_config.json")
      #expect(generation.do_sample && generation.temperature == 1)
      #expect(generation.top_k == 0 && generation.top_p == 1)
      let text = try String(
        contentsOf: checkpoint.folder.appending(path: "config.json"), encoding: .utf8)
      #expect(text.contains(#""rope_theta": 10000.0"#))
    }
  }

  @Test func rewardConfigurationHasOneLabel() throws {
    try inTemporaryFolder { folder in
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(ScalarModel(backbone: tinyModel(as: Float.self)), tokens: tokens)
      let json: HubFile = try decoded(checkpoint.folder, "config.json")
      #expect(json.architectures == ["LlamaForSequenceClassification"])
      #expect(json.id2label == ["0": "reward"])
      #expect(json.label2id == ["reward": 0])
      let entries = try SafetensorsFile(bytes: Array(Data(contentsOf: checkpoint.weights))).entries
      #expect(entries.first { $0.name == "score.weight" }?.shape == [1, 8])
      #expect(entries.first { $0.name == "model.norm.weight" }?.shape == [8])
    }
  }

  @Test func theSameModelGivesTheSameBytes() throws {
    try inTemporaryFolder { folder in
      let model = tinyModel(as: Float.self)
      let written = try ["a", "b"].map { name in
        let checkpoint = Checkpoint(folder: folder.appending(path: name))
        try checkpoint.write(model, tokens: tokens, metadata: ["x": "1", "y": "2"])
        return try names(in: checkpoint.folder).map {
          try Data(contentsOf: checkpoint.folder.appending(path: $0))
        }
      }
      #expect(written[0].count == 3)
      #expect(written[0] == written[1])
    }
  }

  @Test func aFolderIsReplacedAsAWholeAndNoDraftStays() throws {
    try inTemporaryFolder { folder in
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(
        tinyModel(as: Float.self), tokens: tokens, files: ["tokenizer.json": [0x7B, 0x7D]])
      #expect(try names(in: checkpoint.folder).contains("tokenizer.json"))
      // A draft left behind by a crash is cleared away.
      let draft = folder.appending(path: ".model.draft")
      try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: true)
      try Data([1]).write(to: draft.appending(path: "half"))
      try FileManager.default.copyItem(
        at: checkpoint.folder, to: folder.appending(path: ".model.previous"))
      let next = tinyModel(seed: 2, as: Float.self)
      try checkpoint.write(next, tokens: tokens)
      #expect(try checkpoint.transformer().parameters.values == next.parameters.values)
      #expect(try names(in: folder) == ["model"])
      #expect(
        try names(in: checkpoint.folder)
          == ["config.json", "generation_config.json", "model.safetensors"])
    }
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() throws {
    try inTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data([1]).write(to: file)
      let checkpoint = Checkpoint(folder: file.appending(path: "model"))
      let error = #expect(throws: CheckpointError.self) {
        try checkpoint.write(tinyModel(as: Float.self), tokens: tokens)
      }
      let expected = CheckpointError.unwritable(
        file: checkpoint.folder.standardizedFileURL.path,
        reason: "A file with the same name already exists.")
      #expect(error == expected)
    }
  }

  private func decoded<File: Decodable>(_ folder: URL, _ name: String) throws -> File {
    try JSONDecoder().decode(File.self, from: Data(contentsOf: folder.appending(path: name)))
  }
}

/// The keys of `config.json` that transformers reads, as it spells them.
private struct HubFile: Decodable {
  struct Rope: Decodable {
    var rope_theta: Double
    var rope_type: String
  }

  var architectures: [String]
  var model_type, hidden_act, dtype: String
  var hidden_size, intermediate_size, num_hidden_layers, num_attention_heads: Int
  var num_key_value_heads, head_dim, max_position_embeddings, vocab_size: Int
  var bos_token_id, eos_token_id, pad_token_id: Int
  var rms_norm_eps, rope_theta, attention_dropout: Double
  var rope_parameters: Rope
  var attention_bias, mlp_bias, tie_word_embeddings: Bool
  var id2label: [String: String]?
  var label2id: [String: Int]?
}

private struct GenerationFile: Decodable {
  var do_sample: Bool
  var temperature, top_p: Double
  var top_k: Int
}

@Suite struct CheckpointRefusalTests {
  /// The error of reading a small model after its files were tampered with.
  private func refusal(
    _ model: Transformer<Float> = tinyModel(), _ tamper: (Checkpoint) throws -> Void
  ) throws -> CheckpointError? {
    var found: CheckpointError?
    try inTemporaryFolder { folder in
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(model, tokens: tokens)
      try tamper(checkpoint)
      do { _ = try checkpoint.transformer() } catch let error as CheckpointError { found = error }
    }
    return found
  }

  /// Replaces text of `config.json`.
  private func editing(
    _ old: String, _ new: String
  ) throws -> CheckpointError? {
    try refusal { checkpoint in
      let file = checkpoint.folder.appending(path: "config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains(old))
      try Data(text.replacing(old, with: new).utf8).write(to: file)
    }
  }

  /// Replaces the weights' tensors.
  private func rewriting(
    _ change: (inout [SafetensorsFile.Tensor]) -> Void
  ) throws -> CheckpointError? {
    let model: Transformer<Float> = tinyModel()
    return try refusal(model) { checkpoint in
      let read = try SafetensorsFile(bytes: Array(Data(contentsOf: checkpoint.weights)))
      var tensors = try read.entries.map {
        SafetensorsFile.Tensor(
          name: $0.name, shape: $0.shape, values: try #require(read.floats($0.name)))
      }
      change(&tensors)
      try Data(SafetensorsFile.encode(tensors)).write(to: checkpoint.weights)
    }
  }

  @Test func aCheckpointOfAnotherShapeNamesTensorAndShapes() throws {
    let error = try #require(try editing(#""vocab_size": 7"#, #""vocab_size": 9"#))
    #expect(
      "\(error)".hasSuffix(
        "tensor 'model.embed_tokens.weight' has shape [7, 8], this model expects [9, 8]"))
  }

  @Test func missingAndUnexpectedTensors() throws {
    let missing = try rewriting { $0.removeAll { $0.name == "model.norm.weight" } }
    guard case .mismatch(_, .missingTensor("model.norm.weight")) = missing else {
      Issue.record("\(String(describing: missing))")
      return
    }
    let more = try rewriting { $0.append(.init(name: "extra", shape: [1], values: [0])) }
    guard case .mismatch(_, .unexpectedTensor("extra")) = more else {
      Issue.record("\(String(describing: more))")
      return
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func weightsThatAreNotFinite(value: Float) throws {
    var model: Transformer<Float> = tinyModel()
    model.parameters["model.norm.weight"][3] = value
    let error = try refusal(model) { checkpoint in
      let read = try checkpoint.transformer(allowsNonFinite: true)
      let bits = read.parameters["model.norm.weight"][3].bitPattern
      #expect(bits == value.bitPattern)
    }
    guard case .nonFinite(_, "model.norm.weight") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func weightsOfAnotherType() throws {
    // I32 has the size of F32, and so the file itself is in order.
    let error = try refusal { checkpoint in
      let bytes = Array(try Data(contentsOf: checkpoint.weights))
      let text = String(decoding: bytes, as: Unicode.ASCII.self)
      let start = try #require(text.range(of: #""dtype":"F32""#)).lowerBound
      let position = text.distance(from: text.startIndex, to: start) + 9
      var changed = bytes
      changed[position] = UInt8(ascii: "I")
      try Data(changed).write(to: checkpoint.weights)
    }
    guard case .wrongType(_, _, "I32") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func truncatedAndMissingFiles() throws {
    let truncated = try refusal { checkpoint in
      let bytes = try Data(contentsOf: checkpoint.weights)
      try bytes.dropLast(3).write(to: checkpoint.weights)
    }
    guard case .malformed(let file, .truncated) = truncated else {
      Issue.record("\(String(describing: truncated))")
      return
    }
    #expect(file.hasSuffix("model/model.safetensors"))
    let missing = try refusal { try FileManager.default.removeItem(at: $0.weights) }
    guard case .unreadable(_, "The file doesn’t exist.") = missing else {
      Issue.record("\(String(describing: missing))")
      return
    }
  }

  @Test(arguments: [
    (#""model_type": "llama""#, #""model_type": "gpt2""#, "model_type"),
    (#""hidden_act": "silu""#, #""hidden_act": "gelu""#, "hidden_act"),
    (#""attention_bias": false"#, #""attention_bias": true"#, "attention_bias"),
    (#""mlp_bias": false"#, #""mlp_bias": true"#, "mlp_bias"),
    (#""rope_type": "default""#, #""rope_type": "llama3""#, "llama3"),
    (#""hidden_size": 8"#, #""hidden_size": "8""#, "hidden_size"),
    (#""num_hidden_layers": 2,"#, "", "num_hidden_layers"),
    (#""vocab_size": 7"#, #""vocab_size": 7, "vocab_size": 8"#, "vocab_size"),
    (#""dtype""#, "dtype", "malformed JSON at line"),
    (#""num_key_value_heads": 2"#, #""num_key_value_heads": 3"#, "4 query heads"),
    (#""hidden_size": 8"#, #""hidden_size": 99999999999"#, "above"),
  ])
  func configurationsOfOtherModels(old: String, new: String, word: String) throws {
    let error = try #require(try editing(old, new))
    #expect("\(error)".contains(word) && "\(error)".contains("config.json"))
  }

  @Test func configurationsOfVersionFourAreRead() throws {
    let rope = #"""
        "rope_parameters": {
          "rope_theta": 10000.0,
          "rope_type": "default"
        },
      """#
    try inTemporaryFolder { folder in
      let checkpoint = Checkpoint(folder: folder.appending(path: "model"))
      try checkpoint.write(tinyModel(as: Float.self), tokens: tokens)
      let file = checkpoint.folder.appending(path: "config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains(rope))
      let four = text.replacing(rope, with: "")
        .replacing(#""rope_theta": 10000.0"#, with: #""rope_theta": 500000.0"#)
        .replacing(#""head_dim": 2"#, with: #""rope_scaling": null"#)
      try Data(four.utf8).write(to: file)
      #expect(try checkpoint.configuration().ropeTheta == 500_000)
      #expect(try checkpoint.configuration().headDimension == 2)
    }
  }
}
