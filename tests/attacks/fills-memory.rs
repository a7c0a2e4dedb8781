fn main() {
    let mut memory = Vec::new();
    loop {
        memory.push(vec![1u8; 1 << 20]);
        std::hint::black_box(&memory);
    }
}
