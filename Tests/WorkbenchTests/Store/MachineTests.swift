import Testing
import Workbench

@Suite struct MachineTests {
  private func machine(_ change: (inout Machine) -> Void = { _ in }) -> Machine {
    var machine = Machine()
    (machine.blasThreads, machine.vectorBits, machine.processorVectorBits) = (1, 256, 256)
    change(&machine)
    return machine
  }

  private func note(_ name: String, of machine: Machine) -> String {
    machine.findings.first { $0.name == name }?.note ?? ""
  }

  @Test func whatDecidesTheBitsComesFirst() {
    let affects = machine().findings.map(\.affectsBits)
    #expect(affects == affects.sorted { $0 && !$1 })
    let names = machine().findings.filter(\.affectsBits).map(\.name)
    let expected = [
      "BLAS core", "BLAS", "BLAS threads", "vector width", "multiply-add", "compiler", "system",
    ]
    #expect(names == expected)
  }

  @Test func whatIsOddIsSaid() {
    #expect(note("BLAS core", of: machine()).contains("chosen for this processor"))
    let pinned = machine { $0.environment = ["OPENBLAS_CORETYPE": "Haswell"] }
    #expect(note("BLAS core", of: pinned).contains("pinned"))
    #expect(note("BLAS threads", of: machine { $0.blasThreads = 2 }).contains("must be one"))
    #expect(note("vector width", of: machine { $0.vectorBits = 128 }).contains("has 256"))
    let plain = machine { $0.fusesMultiplyAdd = false }
    #expect(note("multiply-add", of: plain).contains("make build"))
  }

  @Test func thisMachineIsKnown() async {
    let found = await Machine.gathered()
    #expect(found.processors >= 1 && found.blasThreads >= 1)
    #expect([128, 256, 512].contains(found.vectorBits))
    #expect(found.vectorBits <= found.processorVectorBits)
    #expect(!found.blasCore.isEmpty && found.blasConfiguration.contains("OpenBLAS"))
  }
}
