#!/bin/sh
echo "setting up"
sleep 0.3
echo "done"
